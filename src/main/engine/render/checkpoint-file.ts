/** Where a job stood, on disk, so that a killed process loses little; and how often that is worth writing. */
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFor, writeWhole } from '../../atomic-files.ts';
import { CHECKPOINT_VERSION } from '../diffusion/checkpoint.ts';
import { asAppError } from '../storage/db.ts';

/** Layout: "RETAKE-CHECKPOINT-n\n", the edit's key, sha256 of key and state, the state. */
const NAME = `RETAKE-CHECKPOINT-${CHECKPOINT_VERSION}\n`;
const DIGEST_BYTES = 32;
const HEADER_BYTES = NAME.length + 2 * DIGEST_BYTES;

/** What a file holds that is of no use, and why. */
export interface Unusable {
  readonly unusable: string;
}

/** One file per job: always the last complete write, never a part of one. Only the process that claimed the job writes it. */
export class CheckpointFile {
  readonly path: string;
  /** Which files the job began with; see render/sources.ts. */
  readonly sourcesPath: string;
  /** Lies there where the artist takes what was learnt so far. */
  readonly #enoughPath: string;
  readonly #dir: string;
  /** A killed write leaves one file, which the next replaces. */
  readonly #tag: string;

  constructor(dir: string, jobId: string) {
    this.#dir = dir;
    this.#tag = `${jobId}.checkpoint`;
    this.path = join(dir, `${jobId}.checkpoint`);
    this.sourcesPath = join(dir, `${jobId}.sources.json`);
    this.#enoughPath = join(dir, `${jobId}.enough`);
  }

  /**
   * The state must not change until it is done.
   * @param key sha256 of everything that changes what is sampled
   * @throws AppError disk-full, cache-unusable; the last one is kept then
   */
  async write(key: Uint8Array, state: Uint8Array): Promise<void> {
    try {
      await mkdir(this.#dir, { recursive: true });
      await writeWhole(this.path, [header(key, state), state], this.#tag);
    } catch (error) {
      throw asAppError(error, 'writing a checkpoint');
    }
  }

  /** Null where there is none. Where it is of no use the job starts from the beginning. @throws AppError cache-unusable */
  async read(key: Uint8Array): Promise<Uint8Array | Unusable | null> {
    let stored: Uint8Array;
    try {
      stored = await readFile(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw asAppError(error, 'reading a checkpoint');
    }
    // A plain, aligned array: a Buffer's slice would be a view.
    const state = new Uint8Array(stored.subarray(HEADER_BYTES));
    const keptFor = stored.subarray(NAME.length, NAME.length + DIGEST_BYTES);
    const isWhole = header(keptFor, state).equals(stored.subarray(0, HEADER_BYTES));
    if (isWhole && Buffer.from(key).equals(keptFor)) return state;
    if (isWhole) return { unusable: 'was left by other settings or another model' };
    const [name = ''] =
      /^RETAKE-CHECKPOINT-\d+\n/.exec(Buffer.from(stored.subarray(0, 40)).toString('latin1')) ?? [];
    const isOther = name !== '' && name !== NAME;
    return { unusable: isOther ? 'was left by another version of Retake' : 'is damaged' };
  }

  /** Any process may say so. @throws AppError disk-full, cache-unusable */
  async sayEnough(): Promise<void> {
    try {
      await mkdir(this.#dir, { recursive: true });
      await writeWhole(this.#enoughPath, '');
    } catch (error) {
      throw asAppError(error, 'ending the learning');
    }
  }

  /** Whether what was learnt so far is taken; heard once. */
  hearsEnough(): boolean {
    if (!existsSync(this.#enoughPath)) return false;
    rmSync(this.#enoughPath, { force: true });
    return true;
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await rm(temporaryFor(this.path, this.#tag), { force: true });
    // As versions before called it.
    await rm(`${this.path}.next`, { force: true });
    await rm(this.sourcesPath, { force: true });
    await rm(this.#enoughPath, { force: true });
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

function header(key: Uint8Array, state: Uint8Array): Buffer {
  const digest = createHash('sha256').update(NAME).update(key).update(state).digest();
  return Buffer.concat([Buffer.from(NAME), key, digest]);
}
