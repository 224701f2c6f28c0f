/** Downloads what a repository holds: it appears when it is whole, until then it is called <name>.incomplete. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join, posix, resolve } from 'node:path';
import type { DownloadProgress, LibraryKind, Offer } from '../../../common/contract/library.ts';
import { AppError, Cancelled, errorLine } from '../../../common/errors.ts';
import { publish } from '../../atomic-files.ts';
import { type FreeBytes, freeBytes, requireRoom } from '../disk.ts';
import { inWords } from '../media/target.ts';
import { inspectBundle } from '../models/inspect.ts';
import { parseModel } from '../onnx/serde.ts';
import { type Chosen, chooseFiles } from './choose-files.ts';
import { fetchFile, fetchPage, isRight, PATIENCE, type Patience } from './fetch-file.ts';
import { KnownHeaders } from './header-facts.ts';
import { Looker } from './look.ts';
import { placeFor } from './place.ts';
import { plainFile } from './plain-folder.ts';
import { fileUrl, licenceOf, listFiles, type RemoteFile, type Repository } from './repository.ts';

export interface DownloadRequest {
  readonly repository: Repository;
  /** One file of it; null for what it holds as a whole. */
  readonly file?: string | null;
  /** A model becomes a folder in it, named like the repository; other kinds have folders of their own there. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly patience?: Patience;
  readonly free?: FreeBytes;
}

const doing = 'downloading a model';
const EVENTS_EVERY_MS = 100;
/** A graph that holds its weights itself needs no further file. */
const LARGEST_BARE_GRAPH = 256 * 2 ** 20;

/** What would be fetched. @throws AppError download-failed, bundle-invalid, usage; Cancelled */
export async function lookInto(
  repository: Repository,
  file: string | null,
  signal: AbortSignal,
  patience = PATIENCE,
): Promise<Offer> {
  const get = (url: string) => fetchPage(url, { asked: repository.endpoint, signal, patience });
  const { kind, as, files } = chooseFiles(await listFiles(repository, get), file);
  // A page that tells no licence is no reason not to look.
  const licence = await licenceOf(repository, get).catch((error: unknown) => {
    if (error instanceof AppError) return null;
    throw error;
  });
  return {
    kind,
    as: as === 'file' ? 'file' : 'folder',
    bytes: sum(files),
    files: files.map(({ path }) => path),
    licence,
  };
}

/**
 * Started again, it goes on with what has arrived. Returns the file, or the model's folder.
 * @throws AppError download-failed, bundle-invalid, disk-full, output-unwritable; Cancelled
 */
export async function download(request: DownloadRequest): Promise<string> {
  const { repository, signal, onProgress, patience = PATIENCE } = request;
  let last: DownloadProgress = {
    repository: repository.name,
    file: '',
    receivedBytes: 0,
    totalBytes: 0,
    state: 'running',
    error: null,
  };
  let toldAt = 0;
  const tell = (change: Partial<DownloadProgress>, now = true) => {
    last = { ...last, ...change };
    if (!now && Date.now() - toldAt < EVENTS_EVERY_MS) return;
    toldAt = Date.now();
    onProgress(last);
  };
  try {
    tell({});
    const get = (url: string) => fetchPage(url, { asked: repository.endpoint, signal, patience });
    const all = await listFiles(repository, get);
    const chosen = chooseFiles(all, request.file ?? null);
    const fetcher = new Fetcher(request, tell);
    const target = await (chosen.as === 'file' ? oneFile : wholeFolder)(request, { all, chosen, fetcher });
    tell({ receivedBytes: last.totalBytes, state: 'done' });
    return target;
  } catch (error) {
    const foreseen = inWords(error, doing);
    const cancelled = foreseen instanceof Cancelled;
    tell({ state: cancelled ? 'cancelled' : 'failed', error: cancelled ? null : errorLine(foreseen) });
    throw foreseen;
  }
}

interface Work {
  readonly all: readonly RemoteFile[];
  readonly chosen: Chosen;
  readonly fetcher: Fetcher;
}

/** Fetches files into a place, counting all of them together. */
class Fetcher {
  readonly #request: DownloadRequest;
  readonly #tell: (change: Partial<DownloadProgress>, now?: boolean) => void;
  #received = 0;
  #total = 0;

  constructor(request: DownloadRequest, tell: (change: Partial<DownloadProgress>, now?: boolean) => void) {
    this.#request = request;
    this.#tell = tell;
  }

  /** @param root nothing is written through a link below it @param names where each file goes, relative to root */
  async fetch(
    root: string,
    files: readonly RemoteFile[],
    names: (file: RemoteFile) => string,
  ): Promise<void> {
    const { repository, signal, patience = PATIENCE, free = freeBytes } = this.#request;
    this.#total += sum(files);
    this.#tell({ totalBytes: this.#total });
    await requireRoom(root, await missing(root, files, names), doing, free);
    for (const file of files) {
      this.#tell({ file: file.path }, false);
      await fetchFile(file, fileUrl(repository, file.path), await plainFile(root, names(file)), {
        asked: repository.endpoint,
        signal,
        patience,
        onBytes: (bytes) => this.#tell({ receivedBytes: this.#received + bytes }, false),
      });
      this.#received += file.bytes;
    }
  }
}

const ownPath = ({ path }: RemoteFile) => path;
const nameOf = ({ name }: Repository) => name.split('/').at(-1)!;

async function wholeFolder(
  { repository, folder, signal }: DownloadRequest,
  { all, chosen, fetcher }: Work,
): Promise<string> {
  const kind = chosen.kind ?? 'controlnet';
  const place = await placeFor(resolve(folder), kind, 'folder');
  const target = join(place, nameOf(repository));
  const making = `${target}.incomplete`;
  if (existsSync(target)) {
    // It became whole, and then nobody lived to say so.
    if (await isWhole(target, { all, chosen }, signal)) return target;
    throw exists(target, 'folder');
  }
  await mkdir(place, { recursive: true });
  await plainFile(making, chosen.files[0]!.path);
  await fetcher.fetch(making, chosen.files, ownPath);
  if (chosen.as === 'graphs')
    await fetcher.fetch(making, await referredTo(making, all, chosen.files), ownPath);
  const { kind: told, defects } = await checked(making, chosen, signal);
  const [defect] = defects;
  if (defect !== undefined)
    throw new AppError('bundle-invalid', defect.replaceAll(making, target), { doing });
  if (told === kind) {
    await publish(making, target);
    return target;
  }
  const other = join(await placeFor(resolve(folder), told, 'folder'), nameOf(repository));
  if (existsSync(other)) throw exists(other, 'folder');
  await mkdir(join(other, '..'), { recursive: true });
  await publish(making, other);
  return other;
}

/** Fetched into the folder itself; its header tells where it belongs, and what is no use is told. */
async function oneFile(
  { repository, folder, signal }: DownloadRequest,
  { chosen: { kind, files }, fetcher }: Work,
): Promise<string> {
  const file = files[0]!;
  const root = resolve(folder);
  const name = kind === null ? basename(file.path) : `${nameOf(repository)}.safetensors`;
  const kinds: readonly LibraryKind[] =
    kind === null ? ['model', 'lora', 'controlnet', 'embedding', 'vae'] : [kind];
  for (const one of kinds) {
    const target = join(await placeFor(root, one, 'file'), name);
    const about = await stat(target).catch(() => null);
    if (about?.size === file.bytes && (await isRight(target, file, signal))) return target;
  }
  const whole = join(root, name);
  // What has this name and other bytes is the artist's; the same bytes are what an earlier start left.
  if (
    existsSync(whole) &&
    !((await stat(whole)).size === file.bytes && (await isRight(whole, file, signal)))
  ) {
    throw exists(whole, 'file');
  }
  await mkdir(root, { recursive: true });
  await fetcher.fetch(root, [file], () => name);
  const about = await stat(whole);
  const facts = new KnownHeaders(null).read(whole, { bytes: about.size, mtimeMs: about.mtimeMs });
  const fault = facts.problem ?? (facts.kind === 'other' ? `${name} is ${facts.what}` : null);
  if (fault !== null) {
    throw new AppError('bundle-invalid', fault, { doing, hint: `Retake has no use for it; it is ${whole}.` });
  }
  const place = await placeFor(root, facts.kind, 'file');
  const target = join(place, name);
  if (target === whole) return target;
  if (existsSync(target)) throw exists(target, 'file');
  await mkdir(place, { recursive: true });
  await publish(whole, target);
  return target;
}

function exists(target: string, what: string): AppError {
  return new AppError('output-unwritable', `there is a ${what} ${target} already`, {
    doing,
    hint: 'Add it to the list instead, or choose another folder.',
  });
}

/** What the repository has now, to the byte, and nothing wrong with it. */
async function isWhole(
  folder: string,
  { all, chosen }: Pick<Work, 'all' | 'chosen'>,
  signal: AbortSignal,
): Promise<boolean> {
  const right = async (files: readonly RemoteFile[]) => {
    for (const file of files) {
      const path = join(folder, file.path);
      const about = await stat(path).catch(() => null);
      if (!about?.isFile() || about.size !== file.bytes || !(await isRight(path, file, signal))) return false;
    }
    return true;
  };
  if (!(await right(chosen.files))) return false;
  if (chosen.as === 'graphs' && !(await right(await referredTo(folder, all, chosen.files)))) return false;
  return (await checked(folder, chosen, signal)).defects.length === 0;
}

async function checked(
  folder: string,
  { as }: Chosen,
  signal: AbortSignal,
): Promise<{ readonly kind: LibraryKind; readonly defects: readonly string[] }> {
  if (as === 'graphs') {
    const { defects } = await inspectBundle(folder, { figures: false, signal });
    return { kind: 'model', defects };
  }
  const { kind, what, problems } = await new Looker(new KnownHeaders(null)).look(folder);
  return { kind, defects: kind === 'other' ? [`this is ${what}`] : problems };
}

/** Weights that a graph keeps in a file whose name says nothing of ONNX. */
async function referredTo(
  folder: string,
  all: readonly RemoteFile[],
  have: readonly RemoteFile[],
): Promise<RemoteFile[]> {
  const wanted = new Set<string>();
  for (const { path } of have) {
    if (!path.endsWith('.onnx')) continue;
    const file = join(folder, path);
    if ((await stat(file)).size > LARGEST_BARE_GRAPH) continue;
    for (const { data } of parseModel(await readFile(file)).graph.initializers.values()) {
      if (data.kind === 'external') wanted.add(posix.join(posix.dirname(path), data.location));
    }
  }
  for (const { path } of have) wanted.delete(path);
  return all.filter(({ path }) => wanted.has(path));
}

async function missing(
  folder: string,
  files: readonly RemoteFile[],
  names: (file: RemoteFile) => string,
): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    const path = join(folder, names(file));
    const there =
      (await stat(path).catch(() => null)) ?? (await stat(`${path}.incomplete`).catch(() => null));
    bytes += Math.max(0, file.bytes - (there?.size ?? 0));
  }
  return bytes;
}

function sum(files: readonly RemoteFile[]): number {
  return files.reduce((bytes, file) => bytes + file.bytes, 0);
}
