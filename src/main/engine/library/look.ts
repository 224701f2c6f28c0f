/** A path of the library looked into, without reading a weight: whatever it is, the answer is what to show of it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LibraryEntry, LibraryKind } from '../../../common/contract/library.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
import { inspectBundle } from '../models/inspect.ts';
import type { BundleReport } from '../models/report.ts';
import { bundleRoles } from '../models/roles/registry.ts';
import { folderFacts, holdsGraphs, isModelFolder } from './folder-facts.ts';
import { type HeaderFacts, type KnownHeaders, NOTHING } from './header-facts.ts';

export interface Look
  extends Pick<LibraryEntry, 'kind' | 'what' | 'state' | 'bytes' | 'nativeSize' | 'words' | 'problems'> {
  readonly isFolder: boolean;
  /** Null for bundles of graphs, which have reports of their own. */
  readonly header: HeaderFacts | null;
}

/** Shots have no depth clip yet. */
const NO_DEPTH =
  'It wants the depth of every frame and has no estimator for it: add one as depth_estimator/model.onnx.';

/** A file that ends before its header says so and was touched within this time is still being written. */
const STILL_WRITTEN_MS = 60_000;
const UNFINISHED = ['.incomplete', '.part', '.crdownload', '.download', '.tmp'];

const KINDS: Readonly<Record<string, string>> = {
  sd: 'Stable Diffusion',
  'sd-depth': 'Stable Diffusion with depth',
  'sd-inpainting': 'Stable Diffusion for inpainting',
  sdxl: 'Stable Diffusion XL',
  'sdxl-inpainting': 'Stable Diffusion XL for inpainting',
};

export class Looker {
  readonly #headers: KnownHeaders;
  readonly #reports = new Map<string, { readonly stamp: string; readonly report: BundleReport }>();

  constructor(headers: KnownHeaders) {
    this.#headers = headers;
  }

  async look(path: string): Promise<Look> {
    const about = await stat(path).catch(() => null);
    if (about === null) return this.#absent(path);
    if (!about.isDirectory()) return this.#file(path, { bytes: about.size, mtimeMs: about.mtimeMs });
    return (await isModelFolder(path)) && !(await holdsGraphs(path))
      ? this.#folder(path)
      : this.#bundle(path);
  }

  async #absent(path: string): Promise<Look> {
    for (const ending of UNFINISHED) {
      const there = await stat(path + ending).catch(() => null);
      if (there)
        return {
          ...lookOf(NOTHING),
          kind: 'model',
          state: 'writing',
          problems: ['It is still being written.'],
        };
    }
    const problem = `There is no such folder or file: ${path}. Put it back, or take it off the list.`;
    return { ...lookOf(NOTHING), kind: 'model', state: 'missing', problems: [problem] };
  }

  #file(path: string, stamp: { readonly bytes: number; readonly mtimeMs: number }): Look {
    const facts = this.#headers.read(path, stamp);
    const kind = facts.problem !== null && facts.kind === 'other' ? kindByFolder(path) : facts.kind;
    const look = { ...lookOf(facts), kind, bytes: stamp.bytes };
    const isFresh = Date.now() - stamp.mtimeMs < STILL_WRITTEN_MS;
    return facts.problem !== null && isFresh && /cut short|still being/.test(facts.problem)
      ? { ...look, state: 'writing' }
      : look;
  }

  async #folder(path: string): Promise<Look> {
    const { facts, bytes, problems } = await folderFacts(path, async (file) => {
      const about = await stat(file).catch(() => null);
      if (!about?.isFile()) return null;
      const stamp = { bytes: about.size, mtimeMs: about.mtimeMs };
      return { bytes: stamp.bytes, facts: this.#headers.read(file, stamp) };
    });
    return {
      ...lookOf(facts),
      isFolder: true,
      bytes,
      problems,
      state: problems.length > 0 ? 'damaged' : 'ready',
    };
  }

  async #bundle(path: string): Promise<Look> {
    try {
      const report = await this.#report(path);
      const problems = report.depth === 'clip' ? [...report.defects, NO_DEPTH] : report.defects;
      return {
        kind: 'model',
        what: KINDS[report.kind ?? ''] ?? '',
        state: problems.length > 0 ? 'damaged' : 'ready',
        isFolder: true,
        bytes: report.parts.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
        nativeSize: report.nativeSize,
        words: [],
        header: null,
        problems,
      };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return {
        ...lookOf(NOTHING),
        kind: 'model',
        isFolder: true,
        state: 'damaged',
        problems: [errorLine(error)],
      };
    }
  }

  /** Reading the graphs takes a second, so it is done again only when a folder of the bundle has changed. */
  async #report(dir: string): Promise<BundleReport> {
    const folders = ['', ...bundleRoles().map(({ folder }) => folder), 'scheduler', 'feature_extractor'];
    const abouts = await Promise.all(folders.map((name) => stat(join(dir, name)).catch(() => null)));
    const stamp = abouts.map((about) => about?.mtimeMs ?? 0).join(' ');
    const known = this.#reports.get(dir);
    if (known?.stamp === stamp) return known.report;
    const report = await inspectBundle(dir, { figures: false });
    this.#reports.set(dir, { stamp, report });
    return report;
  }
}

export function lookOf(facts: HeaderFacts): Look {
  return {
    kind: facts.kind,
    what: facts.what,
    state: facts.problem === null ? 'ready' : 'damaged',
    isFolder: false,
    bytes: null,
    nativeSize: facts.nativeSize,
    words: facts.words,
    header: facts,
    problems: facts.problem === null ? [] : [facts.problem],
  };
}

/** Names that ComfyUI and A1111 give to their folders. */
const BY_FOLDER: readonly (readonly [RegExp, LibraryKind])[] = [
  [/[\\/](loras?|lycoris)[\\/]/i, 'lora'],
  [/[\\/]control_?nets?[\\/]/i, 'controlnet'],
  [/[\\/](embeddings|textual_inversion)[\\/]/i, 'embedding'],
  [/[\\/]vae[\\/]/i, 'vae'],
  [/[\\/](checkpoints|stable-diffusion|diffusers)[\\/]/i, 'model'],
];

/** What a file that cannot be read (yet) is kept as. */
export function kindByFolder(path: string): LibraryKind {
  return BY_FOLDER.find(([pattern]) => pattern.test(path))?.[1] ?? 'other';
}
