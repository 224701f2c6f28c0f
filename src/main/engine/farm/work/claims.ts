/**
 * Who has a task. It is taken in turns: whoever makes the file of the next turn has it, and only once the turn before has
 * ended, or its worker is gone. Two that believe the same of a third make one file, which one of them gets.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { isGone } from '../../../processes.ts';
import { readClaim, readEnding, readWorker, type WorkerFile, workPaths, writtenAt } from './files.ts';

/** Milliseconds after which a worker that says nothing has lost what it had. */
export const SILENCE_MS = 15 * 60_000;
/** Turns beyond the first that a task gets. */
const MOST_REPEATS = 3;

export type Standing =
  /** `turn`, `at`: the one that ended well, and when. */
  | { readonly state: 'done'; readonly host: string; readonly turn: number; readonly at: number }
  | { readonly state: 'failed'; readonly host: string; readonly why: string }
  | { readonly state: 'taken'; readonly worker: WorkerFile | null }
  /** `last`: worker of the turn before, and when that ended; null where there was none. */
  | {
      readonly state: 'free';
      readonly turn: number;
      readonly last: { worker: string; at: number } | null;
      readonly why: string;
    };

export interface Seen {
  readonly folder: string;
  /** Of whoever looks. */
  readonly machine: string;
  /** Milliseconds, by the clock that dates the folder. */
  readonly now: number;
  /** When somebody last said that what failed is tried again. */
  readonly again: number;
}

/** How a task stands by what its turns left. */
export async function standingOf(name: string, seen: Seen): Promise<Standing> {
  const { folder, again } = seen;
  const files = await readdir(workPaths.task(folder, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  const turn = Math.max(0, ...files.map((file) => Number(/^(\d+)\.claim$/.exec(file)?.[1] ?? 0)));
  if (turn === 0) return { state: 'free', turn: 1, last: null, why: '' };
  const path = workPaths.ended(folder, name, turn);
  const ending = files.includes(`${turn}.ended`) ? await readEnding(path) : null;
  if (!ending) {
    const claim = workPaths.claim(folder, name, turn);
    const id = (await readClaim(claim))?.worker ?? null;
    const worker = id === null ? null : await readWorker(folder, id);
    if (!(await isLost(worker, claim, seen))) return { state: 'taken', worker };
    const lost = { worker: id ?? '', at: Number.NEGATIVE_INFINITY };
    return repeated(name, turn, lost, `${worker?.host ?? 'a machine'} was lost`, worker?.host ?? '', seen);
  }
  const { how, why, host } = ending;
  const at = await writtenAt(path);
  if (how === 'done') return { state: 'done', host, turn, at };
  const last = { worker: ending.worker, at };
  if (how === 'stopped' || at < again) return { state: 'free', turn: turn + 1, last, why };
  if (how === 'never') return { state: 'failed', host, why };
  return repeated(name, turn, last, why, host, seen);
}

/** Free until it has had all its turns since somebody last asked for it. */
async function repeated(
  name: string,
  turn: number,
  last: { worker: string; at: number },
  why: string,
  host: string,
  { folder, again }: Seen,
): Promise<Standing> {
  const from = turn - MOST_REPEATS;
  const fresh = from < 1 || (await writtenAt(workPaths.claim(folder, name, from))) < again;
  if (!fresh && !(await stoppedSince(folder, name, from, turn))) return { state: 'failed', host, why };
  return { state: 'free', turn: turn + 1, last, why };
}

/** A turn that somebody stopped is none that failed. */
async function stoppedSince(folder: string, name: string, from: number, to: number): Promise<boolean> {
  for (let turn = from; turn < to; turn++) {
    if ((await readEnding(workPaths.ended(folder, name, turn)))?.how === 'stopped') return true;
  }
  return false;
}

/** Whether nobody will end what this worker has begun. */
async function isLost(worker: WorkerFile | null, claim: string, seen: Seen): Promise<boolean> {
  const heard = await writtenAt(worker ? workPaths.worker(seen.folder, worker.id) : claim);
  if (seen.now - heard > SILENCE_MS) return true;
  if (!worker) return false;
  if (worker.ended) return true;
  if (worker.machine !== seen.machine || !isGone(worker.program)) return false;
  // What it started may go on without it, and ends well as a rule.
  return worker.task === null || isGone(worker.task.program);
}

/** Whether the worker has it now; false where another was faster. */
export async function take(folder: string, name: string, turn: number, worker: string): Promise<boolean> {
  try {
    // Not with all above it: a disk that is gone for a while is not begun anew in its place.
    await mkdir(workPaths.task(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await writeFile(workPaths.claim(folder, name, turn), JSON.stringify({ worker }), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
