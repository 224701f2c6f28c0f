/**
 * One attempt at a task, in a folder that is its own: `state.json` says how far it is, checkpoints lie beside. Another attempt at
 * the same task may run at once, on a machine that was cut off; nothing of it is touched, but what it has kept may be gone on with.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { AppError, errorLine, toWire } from '../../../common/errors.ts';
import { writeWhole } from '../../atomic-files.ts';
import { fromSystem } from '../media/target.ts';
import { CheckpointFile, type Unusable } from '../render/checkpoint-file.ts';
import { attemptState, EXIT_AGAIN, type FarmStep, farmPaths, type TaskRange } from './job-folder.ts';
import { exitOf } from './verdict.ts';

type State = z.output<typeof attemptState>;

const WRITTEN_EVERY_MS = 2000;
const MOST_LINES = 40;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export class Attempt implements AsyncDisposable {
  readonly folder: string;
  readonly name: string;
  readonly #onNews: (news: AttemptNews) => void;
  readonly #timer: NodeJS.Timeout;
  #state: State;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;

  private constructor(folder: string, onNews: (news: AttemptNews) => void) {
    this.folder = folder;
    this.name = basename(folder);
    this.#onNews = onNews;
    const now = Date.now();
    this.#state = {
      ...{
        state: 'running',
        host: hostname(),
        fraction: 0,
        doing: 'starting',
        startedAt: now,
        updatedAt: now,
      },
      ...{ error: null, lines: [] },
    };
    this.#timer = setInterval(() => this.#write(), WRITTEN_EVERY_MS).unref();
  }

  /**
   * @param name what the scheduler calls it; where it is taken, as after a requeue, a number is added. Null makes one up
   * @throws AppError usage, disk-full, cache-unusable where the folder cannot be written to
   */
  static async begin(
    at: { readonly folder: string; readonly step: FarmStep; readonly range: TaskRange },
    name: string | null,
    onNews: (news: AttemptNews) => void,
  ): Promise<Attempt> {
    const wanted =
      name ?? `${hostname().replace(/[^A-Za-z0-9]/g, '-')}-${process.pid}-${randomBytes(3).toString('hex')}`;
    if (!NAME.test(wanted))
      throw new AppError('usage', `"${wanted}" is no name of an attempt`, {
        doing: 'reading the options',
        hint: 'Use letters, digits, dots, dashes and underscores.',
      });
    const task = farmPaths.attempts(at.folder, at.step, at.range);
    try {
      await mkdir(task, { recursive: true });
      for (let turn = 1; ; turn++) {
        const folder = join(task, turn === 1 ? wanted : `${wanted}-${turn}`);
        try {
          await mkdir(folder);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EEXIST' && turn < 1000) continue;
          throw error;
        }
        const attempt = new Attempt(folder, onNews);
        await attempt.#writeNow();
        return attempt;
      }
    } catch (error) {
      throw error instanceof AppError ? error : fromSystem(error, "writing to the job's folder");
    }
  }

  goes(fraction: number, doing: string): void {
    this.#state = { ...this.#state, fraction: Math.min(1, Math.max(0, fraction)), doing };
    this.#onNews({ fraction: this.#state.fraction, doing, line: null });
  }

  /** Told to the artist, and kept among the last lines. */
  says(line: string): void {
    const { lines, fraction, doing } = this.#state;
    this.#state = { ...this.#state, lines: [...lines, line].slice(-MOST_LINES) };
    this.#onNews({ fraction, doing, line });
  }

  /** How it ended, on the disk where that takes it. @param error null where it ended well */
  async ends(state: 'done' | 'failed' | 'stopped', error: unknown = null): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    const { code, message, doing, hint } = toWire(error);
    const failure = {
      line: code === 'cancelled' ? message : errorLine(new AppError(code, message, { doing })),
      ...{ hint, again: exitOf(error) === EXIT_AGAIN },
    };
    this.#state = {
      ...this.#state,
      state,
      ...(state === 'done' && { fraction: 1, doing: 'done' }),
      error: state === 'failed' ? failure : null,
    };
    // The disk may be what it failed of: then the exit code alone says so.
    await this.#writeNow().catch(() => {});
  }

  /** Of a shot: read from this attempt, or from whichever other kept one of use; written to this one alone. */
  checkpointOf(shot: number): CheckpointFile {
    return new HandedOnCheckpoint(this.folder, `shot-${shot}`, () => this.#others(`shot-${shot}`));
  }

  /** Folders of the other attempts at this task, the one that wrote last first. @param name of a file that they must have */
  async others(name: string): Promise<string[]> {
    const task = dirname(this.folder);
    const found: { folder: string; at: number }[] = [];
    for (const other of await readdir(task).catch(() => [])) {
      const folder = join(task, other);
      const about = other === this.name ? null : await stat(join(folder, name)).catch(() => null);
      if (about) found.push({ folder, at: about.mtimeMs });
    }
    return found.sort((a, b) => b.at - a.at).map(({ folder }) => folder);
  }

  async #others(id: string): Promise<CheckpointFile[]> {
    return (await this.others(`${id}.checkpoint`)).map((folder) => new CheckpointFile(folder, id));
  }

  #write(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    // A disk that is away for a while is no reason to stop computing.
    this.#writing = this.#writeNow()
      .catch(() => {})
      .finally(() => {
        this.#isWriting = false;
      });
  }

  async #writeNow(): Promise<void> {
    const state: State = { ...this.#state, updatedAt: Date.now() };
    await writeWhole(join(this.folder, 'state.json'), `${JSON.stringify(state, null, 2)}\n`, 'state');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
  }
}

export interface AttemptNews {
  readonly fraction: number;
  readonly doing: string;
  readonly line: string | null;
}

/** Null where there is none, or not whole. */
export async function readState(attempt: string): Promise<State | null> {
  try {
    return (
      attemptState.safeParse(JSON.parse(await readFile(join(attempt, 'state.json'), 'utf8'))).data ?? null
    );
  } catch {
    return null;
  }
}

/** Its own, or that of an attempt before: the one that wrote last of those that are of use. */
class HandedOnCheckpoint extends CheckpointFile {
  readonly #others: () => Promise<readonly CheckpointFile[]>;

  constructor(dir: string, id: string, others: () => Promise<readonly CheckpointFile[]>) {
    super(dir, id);
    this.#others = others;
  }

  override async read(key: Uint8Array): Promise<Uint8Array | Unusable | null> {
    let unusable: Unusable | null = null;
    for (const one of [null, ...(await this.#others())]) {
      // One that cannot be read is one that is not there.
      const found = await (one ? one.read(key) : super.read(key)).catch(() => null);
      if (found instanceof Uint8Array) return found;
      unusable ??= found;
    }
    return unusable;
  }
}
