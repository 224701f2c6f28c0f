/** Jobs that outlive the process that runs them: one row each, claimed by one process at a time. */
import { randomInt } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JobState, Progress } from '../../../common/contract/jobs.ts';
import { AppError, type WireError } from '../../../common/errors.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { asAppError, type Db, type FileLock, inTransaction, lockFile } from '../storage/db.ts';
import { RebuildableDb } from '../storage/rebuildable.ts';
import { type Job, jobOf, type NewDesk, type Row } from './job.ts';
import { jobs } from './migrations/001-jobs.ts';
import { desktopQueue } from './migrations/002-desktop-queue.ts';
import { oneTable } from './migrations/003-one-table.ts';
import { collected } from './migrations/004-collected.ts';
import { before } from './state.ts';

export const JOB_MIGRATIONS = [jobs, desktopQueue, oneTable, collected];

export interface JobStoreOptions {
  /** Folder of the locks, which tell whether the process of a job lives. */
  readonly dir: string;
  readonly onWarning: (line: string) => void;
}

/** Douglas Crockford's base 32: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_LENGTH = 8;
/** Long enough to outwait a process that only looks whether the lock is free. */
const CLAIM_WAIT_MS = 250;
const UNFINISHED = `('queued', 'running', 'paused')`;

export const JOB_SQL = {
  get: 'SELECT * FROM jobs WHERE id = ?',
  list: 'SELECT * FROM jobs ORDER BY sequence',
  unfinished: `SELECT * FROM jobs WHERE state IN ${UNFINISHED} ORDER BY sequence`,
  queue: 'SELECT * FROM jobs WHERE position IS NOT NULL ORDER BY position, sequence',
  progress: 'UPDATE jobs SET phase = ?, done = ?, total = ?, fraction = ?, updated_at = ? WHERE id = ?',
} as const;

/** Every method throws AppError cache-unusable or disk-full when the file cannot be used. */
export class JobStore {
  readonly #database: RebuildableDb;
  readonly #dir: string;
  /** Claims of this process. */
  readonly #claims = new Map<string, FileLock>();

  constructor(file: string, options: JobStoreOptions) {
    this.#dir = options.dir;
    try {
      mkdirSync(this.#dir, { recursive: true });
    } catch (error) {
      throw asAppError(error, 'opening the job list');
    }
    const { onWarning } = options;
    this.#database = new RebuildableDb(file, {
      label: 'the job list',
      migrations: JOB_MIGRATIONS,
      // A job must be on the disk before the work that it promises to remember.
      durable: true,
      onWarning,
    });
  }

  /** For tables beside the jobs. @throws AppError cache-unusable, disk-full */
  attempt<T>(work: (db: Db) => T): T {
    return this.#attempt(work);
  }

  /** For the command line. */
  create(settings: EditSettings): Job {
    return this.#insert([{ settings, kind: 'take', desk: null }])[0]!;
  }

  /** Takes at the end of the queue, or previews in front of it: all of them or none. */
  enqueue(kind: Job['kind'], jobs: readonly { settings: EditSettings; desk: NewDesk }[]): Job[] {
    return this.#insert(jobs.map((job) => ({ ...job, kind })));
  }

  /** @throws AppError job-not-found */
  get(id: string): Job {
    const job = this.find(id);
    if (!job) throw notFound(id);
    return job;
  }

  find(id: string): Job | null {
    const row = this.#attempt((db) => db.prepare<[string], Row>(JOB_SQL.get).get(id));
    return row ? jobOf(row) : null;
  }

  /** Oldest first. Jobs that another version wrote and this one cannot read are left out. */
  list(): Job[] {
    return this.#jobs(JOB_SQL.list);
  }

  /** Jobs of the desktop, in playing order. */
  queue(): Job[] {
    return this.#jobs(JOB_SQL.queue);
  }

  /** Unfinished jobs that no living process has claimed: their process died, or never began. Oldest first. */
  findResumable(): Job[] {
    return this.#jobs(JOB_SQL.unfinished).filter((job) => {
      const lock = this.#claims.has(job.id) ? null : this.#lock(job.id, 0);
      lock?.release();
      return lock !== null;
    });
  }

  /** Does a living process have it, this one included? */
  isClaimed(id: string): boolean {
    if (this.#claims.has(id)) return true;
    const lock = this.#lock(id, 0);
    lock?.release();
    return lock === null;
  }

  /** False where the job is gone, or in a state from which it cannot come to this one; nothing has changed then. */
  move(id: string, state: JobState, error: WireError | null = null): boolean {
    const from = before(state);
    const query = `UPDATE jobs SET state = ?, error = ?, updated_at = ?
      WHERE id = ? AND state IN (${from.map(() => '?').join(', ')})`;
    const values = [state, error && JSON.stringify(error), Date.now(), id, ...from];
    return this.#attempt((db) => db.prepare(query).run(...values).changes > 0);
  }

  /** `fraction` is of the whole job, the rest of its phase. A job that was removed meanwhile is left alone. */
  setProgress(
    id: string,
    { phase, done, total, fraction }: Pick<Progress, 'phase' | 'done' | 'total' | 'fraction'>,
  ) {
    this.#attempt((db) => db.prepare(JOB_SQL.progress).run(phase, done, total, fraction, Date.now(), id));
  }

  /** It is done, and a take of the desktop has yet to reach its project. `report` is any JSON value. */
  finish(id: string, report: unknown): void {
    const query = `UPDATE jobs SET state = 'done', error = NULL, fraction = 1, report = ?, updated_at = ?,
      filed = (position IS NULL OR kind = 'preview') WHERE id = ? AND state = 'running'`;
    this.#attempt((db) => db.prepare(query).run(JSON.stringify(report), Date.now(), id));
  }

  /**
   * Makes this process the one that runs the job, until it releases the job or dies, which counts as a death. False
   * when a living process, this one included, has it already.
   * @throws AppError job-not-found
   */
  claim(id: string): boolean {
    this.get(id);
    if (this.#claims.has(id)) return false;
    const lock = this.#lock(id, CLAIM_WAIT_MS);
    if (!lock) return false;
    const known = this.#attempt(
      (db) =>
        db.prepare('UPDATE jobs SET pid = ?, deaths = deaths + 1 WHERE id = ?').run(process.pid, id).changes,
    );
    if (known === 0) {
      // Removed between the look and the lock.
      this.#dropLock(id, lock);
      throw notFound(id);
    }
    this.#claims.set(id, lock);
    return true;
  }

  release(id: string): void {
    const lock = this.#claims.get(id);
    if (!lock) return;
    this.#claims.delete(id);
    try {
      this.#attempt((db) => db.prepare('UPDATE jobs SET pid = NULL, deaths = 0 WHERE id = ?').run(id));
    } finally {
      lock.release();
    }
  }

  /** @throws AppError job-not-found, job-busy while a living process has it */
  remove(id: string): void {
    const job = this.get(id);
    const lock = this.#claims.has(id) ? null : this.#lock(id, CLAIM_WAIT_MS);
    if (!lock) {
      throw new AppError('job-busy', `job ${id} is being run by process ${job.pid}`, {
        doing: 'removing a job',
        hint: 'Cancel it first.',
      });
    }
    try {
      this.#attempt((db) => db.prepare('DELETE FROM jobs WHERE id = ?').run(id));
    } finally {
      this.#dropLock(id, lock);
    }
  }

  /** Releases every claim of this process. */
  close(): void {
    for (const id of [...this.#claims.keys()]) this.release(id);
    this.#database.close();
  }

  #jobs(query: string): Job[] {
    const rows = this.#attempt((db) => db.prepare<[], Row>(query).all());
    return rows.map(jobOf).filter((job) => job !== null);
  }

  #insert(wanted: readonly { settings: EditSettings; kind: Job['kind']; desk: NewDesk | null }[]): Job[] {
    const place = {
      take: 'SELECT coalesce(max(position), 0) + 1 FROM jobs',
      preview: 'SELECT coalesce(min(position), 0) - 1 FROM jobs',
    };
    const ids = this.#attempt((db) =>
      inTransaction(db, () =>
        wanted.map(({ settings, kind, desk }) => {
          const id = Array.from({ length: ID_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
          const now = Date.now();
          const position = desk && db.prepare<[], number>(place[kind]).pluck().get();
          db.prepare(
            `INSERT INTO jobs (id, state, settings, created_at, updated_at, kind, shot_id, label, position, project,
              project_path) VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ).run(
            ...[id, JSON.stringify(settings), now, now, kind, desk?.shotId, desk?.label, position],
            ...[desk?.project.id, desk?.project.path],
          );
          return id;
        }),
      ),
    );
    return ids.map((id) => this.get(id));
  }

  #attempt<T>(work: (db: Db) => T): T {
    return this.#database.attempt('keeping the job list', work);
  }

  #lock(id: string, waitMs: number): FileLock | null {
    return lockFile(this.#lockPath(id), { waitMs, doing: `claiming job ${id}` });
  }

  #lockPath(id: string): string {
    return join(this.#dir, `${id}.lock`);
  }

  /** Only for jobs whose row is gone: whoever finds the file missing must find the row missing too. */
  #dropLock(id: string, lock: FileLock): void {
    lock.release();
    rmSync(this.#lockPath(id), { force: true });
  }
}

export function openJobStore(file: string, options: JobStoreOptions): JobStore {
  return new JobStore(file, options);
}

function notFound(id: string): AppError {
  return new AppError('job-not-found', `there is no job ${id}`, {
    doing: 'looking up a job',
    hint: 'List the jobs to see those that exist.',
  });
}
