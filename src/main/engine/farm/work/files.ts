/**
 * What machines that share nothing but a job's folder tell each other, in its folder `work`:
 *
 *     workers/<worker>.json      a machine that works on the job, written anew every half minute
 *     tasks/render-3/2.claim     whose the second turn of a task is; made once and never changed, so that one of many gets it
 *     tasks/render-3/2.ended     how that turn ended
 *     again                      what failed before this was written is tried once more
 *     stop                       whoever began before this was written stops
 *
 * Times are compared by the clock of the machine that keeps the folder: it dates all files.
 */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../../../atomic-files.ts';
import type { Program } from '../../../processes.ts';

const program = z.strictObject({ pid: z.int(), started: z.string().nullable() }) satisfies z.ZodType<Program>;

const workerFile = z.strictObject({
  id: z.string().min(1),
  /** Of the machine, for people. */
  host: z.string(),
  /** Which machine it is, for machines: processes can be looked for only there. */
  machine: z.string(),
  program,
  /** Milliseconds, by the clock that dates the folder; null in its first moment. */
  began: z.number().nullable(),
  /** What it works on; null between two tasks, or when nothing is free. */
  task: z.strictObject({ name: z.string(), turn: z.int(), program }).nullable(),
  /** It has ended in order, and nothing is its own any more. */
  ended: z.boolean(),
});
export type WorkerFile = z.output<typeof workerFile>;

const claim = z.strictObject({ worker: z.string() });

const ending = z.strictObject({
  worker: z.string(),
  host: z.string(),
  /** Again: another turn could do better. Stopped: somebody wanted it, and it is no fault of the task's. */
  how: z.enum(['done', 'again', 'never', 'stopped']),
  /** Why, in a line; empty where it is done. */
  why: z.string(),
});
export type Ending = z.output<typeof ending>;

export const workPaths = {
  workers: (folder: string) => join(folder, 'work', 'workers'),
  worker: (folder: string, id: string) => join(workPaths.workers(folder), `${id}.json`),
  tasks: (folder: string) => join(folder, 'work', 'tasks'),
  task: (folder: string, name: string) => join(workPaths.tasks(folder), name),
  claim: (folder: string, name: string, turn: number) => join(workPaths.task(folder, name), `${turn}.claim`),
  ended: (folder: string, name: string, turn: number) => join(workPaths.task(folder, name), `${turn}.ended`),
  again: (folder: string) => join(folder, 'work', 'again'),
  stop: (folder: string) => join(folder, 'work', 'stop'),
  /** What a task, or a worker that nobody watches, printed. */
  log: (folder: string, name: string) => join(workPaths.logs(folder), `${name}.log`),
  logs: (folder: string) => join(folder, 'logs'),
};

/** Null where it is not there, or not whole yet. */
export const readWorker = (folder: string, id: string) => readAs(workerFile, workPaths.worker(folder, id));
export const readClaim = (path: string) => readAs(claim, path);
export const readEnding = (path: string) => readAs(ending, path);

export async function writeWorker(folder: string, worker: WorkerFile): Promise<void> {
  await writeWhole(workPaths.worker(folder, worker.id), JSON.stringify(worker));
}

export async function writeEnding(path: string, value: Ending): Promise<void> {
  await writeWhole(path, JSON.stringify(value));
}

/** What failed before now is tried once more by whoever works on the job. */
export async function tryAgain(folder: string): Promise<void> {
  await mkdir(join(folder, 'work'), { recursive: true });
  await writeWhole(workPaths.again(folder), '');
}

/** Whoever works on the job now stops: its tasks write their checkpoints and end. */
export async function stopAll(folder: string): Promise<void> {
  await mkdir(join(folder, 'work'), { recursive: true });
  await writeWhole(workPaths.stop(folder), '');
}

/** When a file was written, in milliseconds, by the clock that dates the folder; -Infinity where there is none. */
export async function writtenAt(path: string): Promise<number> {
  const about = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return about?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}

async function readAs<T extends z.ZodType>(schema: T, path: string): Promise<z.output<T> | null> {
  try {
    return schema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
