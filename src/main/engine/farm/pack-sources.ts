/** Files that the requests of a job name, and how another machine knows that what lies there is the same. */
import { realpathSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { filesIn } from '../../../common/settings/files.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { fingerprintOf } from '../media/fingerprint.ts';
import { fileDigest } from '../models/digests.ts';
import type { DigestStore } from '../models/types.ts';
import type { FarmJob } from './job-folder.ts';

type Source = FarmJob['sources'][number];

/** Configurations and vocabularies are read whatever counts as a part; more than this is none of them. */
const SMALL_BYTES = 16 << 20;
const SMALL = /(\.json|^(merges|vocab)\.txt)$/i;

/** Gathers what the settings of shots name, and which files of models those who read them asked for. */
export class PackSources {
  /** To be given to whoever reads models for the job. */
  readonly digestStore: DigestStore;
  readonly #uses = new Map<string, Source['use']>();
  /** By the path without links. */
  readonly #digests = new Map<string, string>();

  /** @param known digests that are remembered already */
  constructor(known: DigestStore | undefined) {
    this.digestStore = {
      get: (...file) => known?.get(...file) ?? null,
      set: (...file) => known?.set(...file),
      onDigest: (path, digest) => this.#digests.set(realpathSync(path), digest),
    };
  }

  add(settings: EditSettings): void {
    for (const { path, use } of filesIn(settings)) {
      if (use !== 'written') this.#uses.set(path, use === 'network' ? 'model' : use);
    }
  }

  /** None is copied yet. @throws AppError clip-unreadable, weights-missing; Cancelled */
  async list(signal?: AbortSignal): Promise<Source[]> {
    const sources: Source[] = [];
    for (const [path, use] of this.#uses) {
      const isFootage = use === 'footage';
      sources.push({
        ...{ path, use, copied: null },
        fingerprint: isFootage ? await fingerprintOf(path) : null,
        digests: isFootage ? null : await this.#digestsOf(path, signal),
      });
    }
    return sources;
  }

  async #digestsOf(path: string, signal?: AbortSignal): Promise<Record<string, string>> {
    const digest = async (file: string) =>
      this.#digests.get(await realpath(file)) ?? (await fileDigest(file, this.digestStore, signal));
    if (!(await stat(path)).isDirectory()) return { '': await digest(path) };
    const files = await filesUnder(path);
    const read = new Set<string>();
    for (const file of files)
      if (this.#digests.has(await realpath(join(path, file.name)))) read.add(file.name);
    const found: Record<string, string> = {};
    for (const { name, bytes } of files) {
      const isSmall = bytes <= SMALL_BYTES && SMALL.test(name.slice(name.lastIndexOf('/') + 1));
      // What nobody has read yet is opened by the render alone: all of it counts.
      if (read.size === 0 || read.has(name) || isSmall) found[name] = await digest(join(path, name));
    }
    return found;
  }
}

interface FileUnder {
  /** Within the folder, with "/" between. */
  readonly name: string;
  readonly bytes: number;
}

/** Links are followed: downloads are folders of them. What is hidden is somebody else's. */
async function filesUnder(folder: string, within = ''): Promise<FileUnder[]> {
  const found: FileUnder[] = [];
  for (const name of (await readdir(join(folder, within))).toSorted()) {
    const about = name.startsWith('.') ? null : await stat(join(folder, within, name)).catch(() => null);
    if (about?.isDirectory()) found.push(...(await filesUnder(folder, `${within}${name}/`)));
    else if (about?.isFile()) found.push({ name: `${within}${name}`, bytes: about.size });
  }
  return found;
}
