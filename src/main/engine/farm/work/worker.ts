/** One that works on a job, as the others see it: a file that it writes anew while it lives. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isGone, programOf, thisMachine } from '../../../processes.ts';
import { SILENCE_MS } from './claims.ts';
import { readWorker, type WorkerFile, workPaths, writeWorker, writtenAt } from './files.ts';

const BEAT_MS = 30_000;

export class Worker implements AsyncDisposable {
  readonly #folder: string;
  #file: WorkerFile;
  #heard = { at: 0, here: 0 };
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();

  private constructor(folder: string) {
    this.#folder = folder;
    const host = hostname();
    const id = `${host.replaceAll(/[^A-Za-z0-9.-]/g, '_')}-${process.pid}-${randomBytes(3).toString('hex')}`;
    const program = programOf(process.pid);
    this.#file = { id, host, machine: thisMachine(), program, began: null, task: null, ended: false };
    // A folder that cannot be reached for a while: what is computed is not given up for it.
    this.#timer = setInterval(() => this.#write().catch(() => {}), BEAT_MS);
  }

  /** @throws what the file system says where the folder cannot be written to */
  static async begin(folder: string): Promise<Worker> {
    for (const place of [workPaths.workers(folder), workPaths.tasks(folder), workPaths.logs(folder)]) {
      await mkdir(place, { recursive: true });
    }
    const worker = new Worker(folder);
    try {
      await worker.#write();
      worker.#file = { ...worker.#file, began: worker.#heard.at };
      await worker.#write();
    } catch (error) {
      clearInterval(worker.#timer);
      throw error;
    }
    return worker;
  }

  get id(): string {
    return this.#file.id;
  }

  get host(): string {
    return this.#file.host;
  }

  get machine(): string {
    return this.#file.machine;
  }

  /** When it began, and what time it is, by the clock that dates the folder; milliseconds. */
  get began(): number {
    return this.#file.began!;
  }

  get now(): number {
    return this.#heard.at + (performance.now() - this.#heard.here);
  }

  async worksOn(task: WorkerFile['task']): Promise<void> {
    this.#file = { ...this.#file, task };
    await this.#write();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#file = { ...this.#file, task: null, ended: true };
    // It is gone all the same, and that can be seen.
    await this.#write().catch(() => {});
  }

  /** One after the other: what is told last stays. */
  #write(): Promise<void> {
    const write = async () => {
      await writeWorker(this.#folder, this.#file);
      const here = performance.now();
      this.#heard = { at: await writtenAt(workPaths.worker(this.#folder, this.#file.id)), here };
    };
    const done = this.#writing.then(write);
    this.#writing = done.catch(() => {});
    return done;
  }
}

/** Those that work on a job as far as can be seen from here. @param now milliseconds, by any clock that is about right */
export async function workersAt(folder: string, now: number): Promise<readonly WorkerFile[]> {
  const machine = thisMachine();
  const living: WorkerFile[] = [];
  for (const name of await readdir(workPaths.workers(folder)).catch(() => [])) {
    const worker = name.endsWith('.json') ? await readWorker(folder, name.slice(0, -'.json'.length)) : null;
    if (!worker || worker.ended) continue;
    if (worker.machine === machine && isGone(worker.program)) continue;
    const heard = await writtenAt(workPaths.worker(folder, worker.id));
    if (now - heard <= SILENCE_MS) living.push(worker);
  }
  return living;
}
