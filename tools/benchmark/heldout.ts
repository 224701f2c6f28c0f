/** The held-out shots that tools/world renders, with the true answer to every edit (tools/world/retake_world/heldout.py). */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../src/common/errors.ts';
import type { SourceMotion } from '../../src/main/engine/metrics/warp-error.ts';
import { readNpy } from '../golden/npy.ts';

export const ATTRIBUTES = ['shape', 'colour', 'material', 'environment'] as const;
export type Attribute = (typeof ATTRIBUTES)[number];
/** The attributes a caption names, in the words of the world. */
export type Look = Readonly<Record<Attribute, string>>;

/** What moves in a shot; sets whose shots are quiet do not say. */
export const MOTIONS = ['turn', 'fast', 'occlusion', 'camera'] as const;
export type Motion = (typeof MOTIONS)[number];

const attribute = z.enum(ATTRIBUTES);
const schema = z.object({
  side: z.int().min(16),
  frames: z.int().min(2),
  cases: z
    .array(
      z.object({
        case: z.string(),
        motions: z.array(z.enum(MOTIONS)).default([]),
        shot: z.object({ look: z.record(attribute, z.string()) }),
        sourcePrompt: z.string(),
        edits: z.array(z.object({ kind: attribute, to: z.string(), prompt: z.string(), truth: z.string() })),
      }),
    )
    .min(1),
});

export interface Edit {
  /** What is changed; 'same' asks for the clip itself, to measure inversion. */
  readonly kind: Attribute | 'same';
  readonly prompt: string;
  /** What the take shall show. */
  readonly look: Look;
  /** File of the true answer. */
  readonly truth: string;
}

export interface Shot {
  readonly name: string;
  readonly clip: string;
  /** A clip of the object's mask; sets of before have none. */
  readonly matte: string;
  readonly frames: number;
  readonly motions: readonly Motion[];
  readonly sourcePrompt: string;
  readonly look: Look;
  readonly edits: readonly Edit[];
}

export interface HeldOutSet {
  /** Pixels along a side of the square pictures. */
  readonly side: number;
  readonly frames: number;
  readonly shots: readonly Shot[];
  /** sha256 hex of the description, seeds included, from which the pictures are rendered. */
  readonly digest: string;
}

/** Side information and pictures of a shot, one entry per frame; RGB8 of side·side·3. */
export interface Footage {
  readonly source: readonly Uint8Array[];
  /** Per pixel, not 0 on the object. */
  readonly masks: readonly Uint8Array[];
  /** From each frame to the next, one less than frames. */
  readonly motions: readonly SourceMotion[];
}

/** @throws AppError usage where there is no set or it is not one */
export function readHeldOut(dir: string): HeldOutSet {
  const file = join(dir, 'set.json');
  if (!existsSync(file)) {
    throw new AppError('usage', `there are no held-out shots in ${dir}`, {
      doing: 'opening the benchmark',
      hint: 'Render them with "make heldout" in tools/world, or name their folder with --set.',
    });
  }
  const text = readFileSync(file, 'utf8');
  const { side, frames, cases } = schema.parse(JSON.parse(text));
  const shots = cases.map((one): Shot => {
    const { look } = one.shot;
    const edits = one.edits.map(
      ({ kind, to, prompt, truth }): Edit => ({
        kind,
        prompt,
        look: { ...look, [kind]: to },
        truth: join(dir, one.case, truth),
      }),
    );
    const same = {
      kind: 'same',
      prompt: one.sourcePrompt,
      look,
      truth: join(dir, one.case, 'source.npy'),
    } as const;
    return {
      name: one.case,
      clip: join(dir, one.case, 'source.mkv'),
      matte: join(dir, one.case, 'mask.mkv'),
      frames,
      motions: one.motions,
      sourcePrompt: one.sourcePrompt,
      look,
      edits: [...edits, same],
    };
  });
  return { side, frames, shots, digest: createHash('sha256').update(text).digest('hex') };
}

export function readPictures(file: string): Uint8Array[] {
  return slices(readNpy(file)) as Uint8Array[];
}

export function readFootage(dir: string, shot: Shot): Footage {
  const read = (name: string) => slices(readNpy(join(dir, shot.name, `${name}.npy`)));
  const occluded = read('occluded') as Uint8Array[];
  return {
    source: read('source') as Uint8Array[],
    masks: read('mask') as Uint8Array[],
    motions: read('flow').map((flow, i) => ({ flow: planar(flow as Float32Array), hidden: occluded[i]! })),
  };
}

/** (h, w, 2) to (2, h, w). */
function planar(flow: Float32Array): Float32Array {
  const size = flow.length / 2;
  return new Float32Array(flow).map((_, i) => flow[2 * (i % size) + Math.floor(i / size)]!);
}

/** An array cut along its first axis. */
function slices({ shape, data }: ReturnType<typeof readNpy>): ReturnType<typeof readNpy>['data'][] {
  const [count = 0] = shape;
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => data.subarray(i * size, (i + 1) * size));
}
