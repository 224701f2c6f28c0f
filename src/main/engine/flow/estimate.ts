/**
 * Flows estimated beside the engine's own thread, as many at once as there are cores to spare. Threads start with the first
 * pairs and stay for the next ones; they keep the process alive only while they work, and end with it.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { AppError, Cancelled, fromWire, type WireError } from '../../../common/errors.ts';
import { entryFile } from '../entry-file.ts';
import type { Flow } from './flow.ts';

/** What a thread is sent, and what it sends back. */
export interface Task {
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly width: number;
  readonly height: number;
}
export type Answer = { readonly data: Float32Array } | { readonly error: WireError };

interface Job {
  readonly task: Task;
  readonly resolve: (flow: Flow) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | null;
}

/** More would only take memory from the networks. */
const MOST_THREADS = Math.min(4, Math.max(1, availableParallelism() - 1));

const waiting: Job[] = [];
const threads = new Set<Thread>();

/**
 * The motion from a to b (`dis.ts`). Pairs are taken in the order in which they were asked for.
 * @param a, b RGB8 of height·width·3, not to be changed until the answer is there
 * @throws AppError internal where a thread fails; Cancelled as soon as the signal says so
 */
export function estimateFlow(
  a: Uint8Array,
  b: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  signal?: AbortSignal,
): Promise<Flow> {
  if (signal?.aborted) return Promise.reject(new Cancelled());
  const { promise, resolve, reject } = Promise.withResolvers<Flow>();
  const job: Job = { task: { a, b, width, height }, resolve, reject };
  const giveUp = () => cancel(job);
  signal?.addEventListener('abort', giveUp, { once: true });
  waiting.push(job);
  next();
  return promise.finally(() => signal?.removeEventListener('abort', giveUp));
}

/** Gives waiting pairs to threads that are free, or to new ones. */
function next(): void {
  while (waiting.length > 0) {
    const free = [...threads].find(({ job }) => job === null);
    if (!free && threads.size >= MOST_THREADS) return;
    const thread = free ?? startThread();
    thread.job = waiting.shift()!;
    thread.worker.ref();
    thread.worker.postMessage(thread.job.task);
  }
}

function startThread(): Thread {
  const worker = new Worker(entryFile(import.meta.dirname, 'flow-thread'));
  const thread: Thread = { worker, job: null };
  threads.add(thread);
  worker.on('message', (answer: Answer) => {
    const job = thread.job;
    thread.job = null;
    worker.unref();
    if (!job) return;
    if ('error' in answer) job.reject(fromWire(answer.error));
    else job.resolve({ width: job.task.width, height: job.task.height, data: answer.data });
    next();
  });
  let cause: unknown;
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', (code) => {
    threads.delete(thread);
    thread.job?.reject(failure(thread.job.task, cause ?? new Error(`it ended with ${code}`)));
    next();
  });
  return thread;
}

function cancel(job: Job): void {
  const place = waiting.indexOf(job);
  if (place >= 0) waiting.splice(place, 1);
  // A pair under way cannot be interrupted; its thread goes, and another takes what waits.
  const thread = [...threads].find((one) => one.job === job);
  if (thread) {
    thread.job = null;
    threads.delete(thread);
    void thread.worker.terminate();
  }
  job.reject(new Cancelled());
  next();
}

function failure({ width, height }: Task, cause: unknown): AppError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AppError('internal', `the thread that does it failed (${why})`, {
    doing: `estimating the motion between two pictures of ${width}×${height}`,
    hint: 'Close what else takes memory, or render at a smaller size.',
    cause,
  });
}
