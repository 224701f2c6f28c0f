/** Where a job stood, on disk, so that a killed process loses little; and how often that is worth writing. */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { publish } from '../../atomic-files.ts';
import { asAppError } from '../storage/db.ts';

const MAGIC = 'RETAKE-CHECKPOINT-1\n';
const DIGEST_BYTES = 32;
const HEADER_BYTES = MAGIC.length + DIGEST_BYTES;

/** One file per job: always the last complete write, never a part of one. Only the process that claimed the job writes it. */
export class CheckpointFile {
  readonly path: string;
  /** Which files the job began with; see stages/sources.ts. */
  readonly sourcesPath: string;
  readonly #dir: string;

  constructor(dir: string, jobId: string) {
    this.#dir = dir;
    this.path = join(dir, `${jobId}.checkpoint`);
    this.sourcesPath = join(dir, `${jobId}.sources.json`);
  }

  /** The bytes must not change until it is done. @throws AppError disk-full, cache-unusable; the last one is kept then */
  async write(bytes: Uint8Array): Promise<void> {
    const next = `${this.path}.next`;
    try {
      await mkdir(this.#dir, { recursive: true });
      const file = await open(next, 'w');
      try {
        await file.writeFile(header(bytes));
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await publish(next, this.path);
    } catch (error) {
      // Whatever hinders cleaning up is the trouble that is being reported.
      await rm(next, { force: true }).catch(() => undefined);
      throw asAppError(error, 'writing a checkpoint');
    }
  }

  /** Null where there is none, or it is damaged: then the job starts from the beginning. @throws AppError cache-unusable */
  async read(): Promise<Uint8Array | null> {
    let stored: Uint8Array;
    try {
      stored = await readFile(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw asAppError(error, 'reading a checkpoint');
    }
    // A plain, aligned array: a Buffer's slice would be a view.
    const bytes = new Uint8Array(stored.subarray(HEADER_BYTES));
    return header(bytes).equals(stored.subarray(0, HEADER_BYTES)) ? bytes : null;
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await rm(`${this.path}.next`, { force: true });
    await rm(this.sourcesPath, { force: true });
  }
}

export interface CheckpointPace {
  /** Seconds of work, and share of the job (0..1), that a killed process may lose. */
  readonly everySeconds: number;
  readonly everyFraction: number;
  /** Largest share of the wall time that writing may take. */
  readonly maxCost: number;
}

/** Says when the next checkpoint is due: the first of both losses to be reached, but never so often that writing costs too much. */
export class CheckpointClock {
  readonly #pace: CheckpointPace;
  readonly #now: () => number;
  #time: number;
  #fraction: number;
  #restSeconds = 0;

  /** `fraction`: how much of the job was done before. `now` in seconds. */
  constructor(
    fraction = 0,
    pace: CheckpointPace = { everySeconds: 10, everyFraction: 0.05, maxCost: 0.02 },
    now: () => number = () => performance.now() / 1000,
  ) {
    this.#pace = pace;
    this.#now = now;
    this.#time = now();
    this.#fraction = fraction;
  }

  /** `fraction`: how much of the whole job is done, 0..1. */
  due(fraction: number): boolean {
    const elapsed = this.#now() - this.#time;
    const { everySeconds, everyFraction } = this.#pace;
    return (
      elapsed >= this.#restSeconds && (elapsed >= everySeconds || fraction - this.#fraction >= everyFraction)
    );
  }

  /** A checkpoint of this state was written and took `seconds`. */
  wrote(fraction: number, seconds: number): void {
    this.#time = this.#now();
    this.#fraction = fraction;
    const { maxCost } = this.#pace;
    this.#restSeconds = (seconds * (1 - maxCost)) / maxCost;
  }
}

function header(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(MAGIC), createHash('sha256').update(bytes).digest()]);
}
