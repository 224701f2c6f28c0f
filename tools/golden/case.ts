/** One golden case on disk: its manifest, its arrays, its bundle. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../src/common/errors.ts';
import type { Conditioning, Latent, LatentShape } from '../../src/main/engine/diffusion/types.ts';
import { type NpyArray, readNpy } from './npy.ts';

const arrayEntry = z.object({
  file: z.string(),
  shape: z.array(z.int()).optional(),
  dtype: z.string().optional(),
  rms: z.number().optional(),
  suggested_atol: z.number().optional(),
});

const manifestSchema = z.object({
  case: z.string().optional(),
  bundle: z.string().optional(),
  settings: z.record(z.string(), z.unknown()).default({}),
  notes: z.array(z.string()).default([]),
  inputs: z.record(z.string(), arrayEntry).default({}),
  outputs: z.record(z.string(), arrayEntry),
});

/** `bundles`: where they lie, from the set's own folder. */
const setSchema = z.object({ bundle: z.string().optional(), bundles: z.string().optional() });

export type OutputEntry = z.infer<typeof arrayEntry>;

/** What the conventions say where a manifest does not. */
const DEFAULTS: Readonly<Record<string, number>> = {
  steps: 10,
  guidance: 7.5,
  anchor: 0,
  scaling_factor: 0.18215,
};

const plainName = (name: string) => name.toLowerCase().replaceAll('_', '');

export class GoldenCase {
  readonly dir: string;
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
  readonly outputs: Readonly<Record<string, OutputEntry>>;
  readonly #inputs: Readonly<Record<string, OutputEntry>>;
  readonly #bundle: string | undefined;

  /** @param manifest parsed JSON of dir/manifest.json */
  constructor(dir: string, manifest: unknown) {
    const parsed = manifestSchema.safeParse(manifest);
    if (!parsed.success) {
      throw new AppError(
        'usage',
        `manifest.json is not that of a golden case (${parsed.error.issues[0]!.message})`,
        {
          doing: `reading ${dir}`,
        },
      );
    }
    this.dir = dir;
    this.name = parsed.data.case ?? basename(dir);
    this.settings = parsed.data.settings;
    this.notes = parsed.data.notes;
    this.outputs = parsed.data.outputs;
    this.#inputs = parsed.data.inputs;
    this.#bundle = parsed.data.bundle;
  }

  number(name: string): number {
    const value = this.settings[name] ?? DEFAULTS[name];
    return z.number({ error: `settings.${name} is not a number` }).parse(value);
  }

  /** The first input of these names, capitals and underscores aside; null where there is none. */
  optionalInput(...names: string[]): NpyArray | null {
    const wanted = names.map(plainName);
    const found = Object.entries(this.#inputs).find(([name]) => wanted.includes(plainName(name)));
    return found ? readNpy(join(this.dir, found[1].file)) : null;
  }

  input(...names: string[]): NpyArray {
    const found = this.optionalInput(...names);
    if (found) return found;
    throw new AppError('usage', `there is no input ${names.join(' or ')}`, { doing: `reading ${this.dir}` });
  }

  expected(output: string): NpyArray {
    return readNpy(join(this.dir, this.outputs[output]!.file));
  }

  /** Latents (frames, c, h, w), one array per frame. */
  latents(...names: string[]): { shape: LatentShape; frames: Latent[] } {
    const { shape, data } = this.input(...names);
    const [count, channels, height, width] = shape;
    const size = channels! * height! * width!;
    const frames = Array.from({ length: count! }, (_, i) =>
      Float32Array.from(data.subarray(i * size, (i + 1) * size)),
    );
    return { shape: { channels: channels!, height: height!, width: width! }, frames };
  }

  /** Text conditions (2, tokens, dim): unconditional, conditional. */
  branches(...names: string[]): Conditioning[] {
    const { shape, data } = this.input(...names);
    const [count, tokens, dim] = shape as [number, number, number];
    const size = tokens * dim;
    return Array.from({ length: count }, (_, i) => ({
      hidden: Float32Array.from(data.subarray(i * size, (i + 1) * size)),
      tokens,
      dim,
    }));
  }

  /** The depth of a frame as extra input channels, for bundles that take them. Fewer depths than frames come again. */
  structure({ height, width }: LatentShape): ((frame: number) => Float32Array) | undefined {
    const depth = this.optionalInput('depth', 'structure', 'depth_latent');
    if (!depth) return undefined;
    const plane = height * width;
    const count = depth.shape[0]!;
    if (depth.data.length !== count * plane) {
      throw new AppError('usage', `the depth of [${depth.shape}] is not of the latent's size`, {
        doing: `reading ${this.dir}`,
      });
    }
    return (frame) => {
      const at = frame % count;
      return Float32Array.from(depth.data.subarray(at * plane, (at + 1) * plane));
    };
  }

  /** The bundle's folder: below the given folder, or that of set.json, or the nearest `bundles/` or `checkpoints/` beside or above the set. */
  bundleDir(bundles: string | undefined): string {
    const found = this.findBundle(bundles);
    if (found !== null) return found;
    throw new AppError('usage', `the bundle ${this.#bundle ?? this.#setBundle()} is nowhere to be found`, {
      doing: `reading ${this.dir}`,
      hint: 'Name the folder of bundles with --bundles.',
    });
  }

  /** The same, or null where it is not there. */
  findBundle(bundles: string | undefined): string | null {
    const name = this.#bundle ?? this.#set()?.bundle;
    if (name === undefined) return null;
    const beside = ancestors(this.dir).flatMap((dir) =>
      ['bundles', 'checkpoints'].map((name) => join(dir, name)),
    );
    const roots = bundles ? [bundles] : [...this.#setBundles(), ...beside];
    return roots.map((root) => join(root, name)).find((dir) => existsSync(dir)) ?? null;
  }

  #setBundle(): string {
    const name = this.#set()?.bundle;
    if (name !== undefined) return name;
    throw new AppError('usage', 'neither manifest nor set names a bundle', { doing: `reading ${this.dir}` });
  }

  #setBundles(): string[] {
    const set = this.#set();
    return set?.bundles === undefined ? [] : [resolve(set.dir, set.bundles)];
  }

  #set(): { dir: string; bundle?: string | undefined; bundles?: string | undefined } | null {
    const dir = ancestors(this.dir).find((dir) => existsSync(join(dir, 'set.json')));
    if (dir === undefined) return null;
    const set = setSchema.safeParse(JSON.parse(readFileSync(join(dir, 'set.json'), 'utf8')));
    return set.success ? { dir, ...set.data } : null;
  }
}

function ancestors(dir: string): string[] {
  const parent = dirname(dir);
  return parent === dir ? [dir] : [dir, ...ancestors(parent)];
}
