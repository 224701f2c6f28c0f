/**
 * Where scripts run: a thread for each plugin, so that a slow one stops nothing, and can be ended whatever it does. It starts with the first
 * call and stays for the next ones, until nobody has asked for a while; it is thrown away with whatever went wrong in it.
 */
import { Worker } from 'node:worker_threads';
import { Cancelled } from '../../../../common/errors.ts';
import type { CallSignal } from '../../../../common/plugins/handle.ts';
import { entryFile } from '../../entry-file.ts';
import type { ScriptEnd, ScriptTask } from './quickjs.ts';

export interface ThreadAnswer {
  readonly end: ScriptEnd;
  /** The interpreter itself is of no use any more. */
  readonly broken: boolean;
}

/** Beyond its own deadline, for an interpreter that does not come to ask what time it is. */
const GRACE_MS = 2000;
/** As a plugin's process. */
const IDLE_MS = 60_000;
/** Texts of the host's side; the plugin's own heap is bounded by the task. */
const HEAP_MB = 512;

export class ScriptThread {
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | null = null;
  readonly #idleMs: number;
  /** Calls wait for each other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(idleMs = IDLE_MS) {
    this.#idleMs = idleMs;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** @throws Cancelled */
  run(task: ScriptTask, signal: CallSignal | undefined): Promise<ScriptEnd> {
    const turn = this.#last.then(() => this.#call(task, signal));
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** What runs ends at once. */
  async stop(): Promise<void> {
    this.#stayUp();
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  async #call(task: ScriptTask, signal: CallSignal | undefined): Promise<ScriptEnd> {
    if (signal?.aborted) throw new Cancelled();
    this.#stayUp();
    const worker = this.#started();
    const { promise, resolve, reject } = Promise.withResolvers<ThreadAnswer>();
    const onCancel = () => reject(new Cancelled());
    const onError = (error: Error) => resolve(failed('memory', error.message));
    const onExit = () => reject(new Cancelled());
    const late = setTimeout(() => resolve(failed('too-late', '')), task.limits.deadlineMs + GRACE_MS);
    signal?.addEventListener('abort', onCancel);
    worker.once('message', resolve).once('error', onError).once('exit', onExit);
    worker.ref();
    try {
      worker.postMessage(task);
      const { end, broken } = await promise;
      if (broken) await this.#discard(worker);
      return end;
    } catch (error) {
      await this.#discard(worker);
      throw error;
    } finally {
      clearTimeout(late);
      signal?.removeEventListener('abort', onCancel);
      worker.off('message', resolve).off('error', onError).off('exit', onExit);
      worker.unref();
      this.#idle = setTimeout(() => void this.stop(), this.#idleMs).unref();
    }
  }

  #stayUp(): void {
    if (this.#idle) clearTimeout(this.#idle);
    this.#idle = null;
  }

  #started(): Worker {
    this.#worker ??= new Worker(entryFile(import.meta.dirname, 'script-thread'), {
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    return this.#worker;
  }

  async #discard(worker: Worker): Promise<void> {
    if (this.#worker === worker) this.#worker = null;
    await worker.terminate();
  }
}

function failed(fault: ScriptEnd['fault'], message: string): ThreadAnswer {
  return { end: { answer: null, fault, message, place: null, log: [] }, broken: true };
}
