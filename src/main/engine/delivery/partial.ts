/**
 * Where a delivery lies until it is whole: a hidden folder beside its final place, by the digest of what is delivered. What was cut off is
 * found there again by the same request and by no other.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { publish, sync, temporaryFor, writeWhole } from '../../atomic-files.ts';
import { isAlive } from '../../processes.ts';

const DOING = 'exporting';
const VERSION = 3;

/** A file that is whole: what it was made of, and what its writer said of it. */
interface Finished {
  readonly digest: string;
  readonly about: unknown;
}

interface Manifest {
  readonly version: number;
  /** Where it would be. */
  readonly folder: string;
  readonly files: Record<string, Finished>;
}

export function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** Under way in this engine. */
const underWay = new Set<string>();

export class PartialFolder {
  /** Becomes the delivered folder. */
  readonly out: string;
  /** Holds it, and what is needed on the way. */
  readonly root: string;
  /** Where it will be. */
  readonly folder: string;
  readonly #files: Record<string, Finished>;

  private constructor(root: string, folder: string, files: Record<string, Finished>) {
    this.root = root;
    this.folder = folder;
    this.out = join(root, 'out');
    this.#files = files;
  }

  /** How many of the files, by name and digest, are there already. Touches nothing. */
  static async finishedIn(
    folder: string,
    digest: string,
    files: ReadonlyMap<string, string>,
  ): Promise<number> {
    const root = rootOf(folder, digest);
    const { files: known } = await readManifest(root);
    let done = 0;
    for (const [name, of] of files)
      if (known[name]?.digest === of && (await isThere(join(root, 'out', name)))) done += 1;
    return done;
  }

  /** @throws AppError usage where the same is under way */
  static async open(folder: string, digest: string): Promise<PartialFolder> {
    const root = rootOf(folder, digest);
    if (underWay.has(root)) throw busy(folder);
    underWay.add(root);
    try {
      await mkdir(join(root, 'out'), { recursive: true });
      await lock(root, folder);
      await sweep(join(root, 'out'));
      return new PartialFolder(root, folder, { ...(await readManifest(root)).files });
    } catch (error) {
      underWay.delete(root);
      throw error;
    }
  }

  /** What its writer said of a file that is whole and made of just this; else what is left of one is removed. */
  async finished(name: string, digest: string): Promise<unknown> {
    const path = join(this.out, name);
    const known = this.#files[name];
    if (known?.digest === digest && (await isThere(path))) return known.about;
    await rm(path, { recursive: true, force: true });
    return undefined;
  }

  async keep(name: string, digest: string, about: unknown): Promise<void> {
    this.#files[name] = { digest, about };
    const manifest: Manifest = { version: VERSION, folder: this.folder, files: this.#files };
    await writeWhole(join(this.root, 'manifest.json'), `${JSON.stringify(manifest)}\n`, 'manifest');
  }

  /** Removes what lies there beside these files and folders, and what is in them. */
  async keepOnly(names: readonly string[]): Promise<void> {
    const kept = names.map((name) => join(this.out, name));
    const clear = async (folder: string): Promise<void> => {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (kept.includes(path)) continue;
        if (kept.some((one) => one.startsWith(path + sep))) await clear(path);
        else await rm(path, { recursive: true, force: true });
      }
    };
    await clear(this.out);
  }

  /** Under its final name, and nothing else is left. */
  async publish(): Promise<void> {
    await sync(this.out);
    // An empty one of that name: not every system renames over it.
    await rmdir(this.folder).catch(() => {});
    await publish(this.out, this.folder);
    await rm(this.root, { recursive: true, force: true });
    underWay.delete(this.root);
  }

  /** What is finished waits for the same request; where nothing is, nothing is left. */
  async leave(): Promise<boolean> {
    const kept = Object.keys(this.#files).length > 0;
    if (kept) await rm(join(this.root, 'lock'), { force: true });
    else await rm(this.root, { recursive: true, force: true });
    underWay.delete(this.root);
    return kept;
  }
}

/**
 * Throws away what deliveries to this folder that were cut off have finished.
 * @returns whether there was anything @throws AppError usage where one is under way
 */
export async function forgetPartial(folder: string): Promise<boolean> {
  const around = dirname(folder);
  let found = false;
  for (const name of await readdir(around).catch(() => [])) {
    if (!name.startsWith(basename(temporaryFor('', '')))) continue;
    const root = join(around, name);
    if ((await readManifest(root)).folder !== folder) continue;
    const writer = Number(await readFile(join(root, 'lock'), 'utf8').catch(() => ''));
    if (underWay.has(root) || isElsewhere(writer)) throw busy(folder);
    await rm(root, { recursive: true, force: true });
    found = true;
  }
  return found;
}

function rootOf(folder: string, digest: string): string {
  return temporaryFor(folder, digest.slice(0, 16));
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** What a killed process was in the middle of. */
async function sweep(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.name.startsWith(basename(temporaryFor('', ''))))
      await rm(join(entry.parentPath, entry.name), { recursive: true, force: true });
}

/** Of another version, or damaged: begun anew. */
async function readManifest(root: string): Promise<Manifest> {
  try {
    const found = JSON.parse(await readFile(join(root, 'manifest.json'), 'utf8')) as Manifest;
    if (found.version === VERSION && typeof found.files === 'object') return found;
  } catch {
    // There is none.
  }
  return { version: VERSION, folder: '', files: {} };
}

async function lock(root: string, folder: string): Promise<void> {
  const file = join(root, 'lock');
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isElsewhere(Number(await readFile(file, 'utf8').catch(() => '')))) throw busy(folder);
    await rm(file, { force: true });
  }
}

/** What this engine itself has under way it knows without asking. */
const isElsewhere = (pid: number) => pid !== process.pid && isAlive(pid);

function busy(folder: string): AppError {
  return new AppError('usage', `the same is being written to ${basename(folder)} already`, {
    doing: DOING,
    hint: 'Wait for it, or choose another folder.',
  });
}

/** What lies there already is never mixed with what is delivered. @throws AppError usage */
export async function requireNew(folder: string): Promise<void> {
  const about = await stat(folder).catch(() => null);
  if (!about) return;
  const holds = about.isDirectory() ? await readdir(folder) : ['a file'];
  if (holds.length === 0) return;
  throw new AppError('usage', `${basename(folder)} is there already and holds something`, {
    doing: 'choosing the folder',
    hint: 'Name a folder that is not there yet.',
  });
}
