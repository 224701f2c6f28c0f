/** Downloads a model bundle: its folder appears when it is whole, until then it is called <name>.incomplete. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import type { DownloadProgress } from '../../../common/contract/library.ts';
import { AppError, Cancelled, errorLine } from '../../../common/errors.ts';
import { publish } from '../../atomic-files.ts';
import { type FreeBytes, freeBytes, requireRoom } from '../disk.ts';
import { fromSystem } from '../media/target.ts';
import { inspectBundle } from '../models/inspect.ts';
import { parseModel } from '../onnx/serde.ts';
import { fetchFile, fetchPage, isRight, PATIENCE, type Patience } from './fetch-file.ts';
import { plainFile } from './plain-folder.ts';
import { fileUrl, listFiles, neededFiles, type RemoteFile, type Repository } from './repository.ts';

export interface DownloadRequest {
  readonly repository: Repository;
  /** The bundle becomes a folder in it, named like the repository. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly patience?: Patience;
  readonly free?: FreeBytes;
}

const EVENTS_EVERY_MS = 100;
/** A graph that holds its weights itself needs no further file. */
const LARGEST_BARE_GRAPH = 256 * 2 ** 20;

/**
 * Started again, it goes on with what has arrived. Returns the bundle's folder.
 * @throws AppError download-failed, bundle-invalid, disk-full, output-unwritable; Cancelled
 */
export async function downloadBundle(request: DownloadRequest): Promise<string> {
  const { repository, signal, onProgress, patience = PATIENCE, free = freeBytes } = request;
  const target = join(resolve(request.folder), repository.name.split('/').at(-1)!);
  const making = `${target}.incomplete`;
  const doing = 'downloading a model';
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
    const asked = repository.endpoint;
    const all = await listFiles(repository, (url) => fetchPage(url, { asked, signal, patience }));
    const wanted = neededFiles(all);
    if (existsSync(target)) {
      // It became whole, and then nobody lived to say so.
      if (await isWhole(target, all, wanted, signal)) {
        tell({ state: 'done' });
        return target;
      }
      throw new AppError('output-unwritable', `there is a folder ${target} already`, {
        doing,
        hint: 'Add it to the list instead, or choose another folder.',
      });
    }
    await mkdir(request.folder, { recursive: true });
    await plainFile(making, 'model_index.json');
    let received = 0;
    const fetchAll = async (files: readonly RemoteFile[]) => {
      tell({ totalBytes: last.totalBytes + sum(files) });
      await requireRoom(making, await missing(making, files), doing, free);
      for (const file of files) {
        tell({ file: file.path }, false);
        await fetchFile(file, fileUrl(repository, file.path), await plainFile(making, file.path), {
          asked,
          signal,
          patience,
          onBytes: (bytes) => tell({ receivedBytes: received + bytes }, false),
        });
        received += file.bytes;
      }
    };
    await fetchAll(wanted);
    await fetchAll(await referredTo(making, all, wanted));
    const { defects } = await inspectBundle(making, { digests: false, signal });
    if (defects.length > 0)
      throw new AppError('bundle-invalid', defects[0]!.replaceAll(making, target), { doing });
    await publish(making, target);
    tell({ receivedBytes: last.totalBytes, state: 'done' });
    return target;
  } catch (error) {
    const foreseen = error instanceof Error && 'errno' in error ? fromSystem(error, doing) : error;
    const cancelled = foreseen instanceof Cancelled;
    tell({ state: cancelled ? 'cancelled' : 'failed', error: cancelled ? null : errorLine(foreseen) });
    throw foreseen;
  }
}

/** What the repository has now, to the byte, and nothing wrong with it. */
async function isWhole(
  folder: string,
  all: readonly RemoteFile[],
  wanted: readonly RemoteFile[],
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
  if (!(await right(wanted)) || !(await right(await referredTo(folder, all, wanted)))) return false;
  return (await inspectBundle(folder, { digests: false, signal })).defects.length === 0;
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

async function missing(folder: string, files: readonly RemoteFile[]): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    const path = join(folder, file.path);
    const there =
      (await stat(path).catch(() => null)) ?? (await stat(`${path}.incomplete`).catch(() => null));
    bytes += Math.max(0, file.bytes - (there?.size ?? 0));
  }
  return bytes;
}

function sum(files: readonly RemoteFile[]): number {
  return files.reduce((bytes, file) => bytes + file.bytes, 0);
}
