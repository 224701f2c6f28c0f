/** Jobs that outlive the process that runs them. */
import { randomInt } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JobState, Phase } from '../../../common/contract/jobs.ts';
import { AppError, type WireError } from '../../../common/errors.ts';
import { type EditSettings, editSettings } from '../../../common/settings.ts';
import { asAppError, type Db, type FileLock, lockFile } from '../storage/db.ts';
import { RebuildableDb } from '../storage/rebuildable.ts';
import { jobs } from './migrations/001-jobs.ts';
import { desktopQueue } from './migrations/002-desktop-queue.ts';

export interface Job {
  /** Eight letters and digits, none of which is easily mistaken for another. */
  readonly id: string;
  readonly settings: EditSettings;
  readonly state: JobState;
  readonly error: WireError | null;
  /** What was done last and how far it is, in units of that phase. */
  readonly phase: Phase | null;
  readonly done: number;
  readonly total: number;
  /** What setReport was given, or null. */
  readonly report: unknown;
  /** The process that runs it or died running it; null when it was released. */
  readonly pid: number | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

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
  progress: 'UPDATE jobs SET phase = ?, done = ?, total = ?, updated_at = ? WHERE id = ?',
} as const;

interface Row {
  readonly id: string;
  readonly state: JobState;
  readonly settings: string;
  readonly error: string | null;
  readonly phase: Phase | null;
  readonly done: number;
  readonly total: number;
  readonly report: string | null;
  readonly pid: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

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
      migrations: [jobs, desktopQueue],
      onWarning,
    });
  }

  /** For tables beside the jobs. @throws AppError cache-unusable, disk-full */
  attempt<T>(work: (db: Db) => T): T {
    return this.#attempt(work);
  }

  create(settings: EditSettings): Job {
    const id = Array.from({ length: ID_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
    this.#attempt((db) => {
      const now = Date.now();
      db.prepare(
        `INSERT INTO jobs (id, state, settings, created_at, updated_at) VALUES (?, 'queued', ?, ?, ?)`,
      ).run(id, JSON.stringify(settings), now, now);
    });
    return this.get(id);
  }

  /** @throws AppError job-not-found */
  get(id: string): Job {
    const row = this.#attempt((db) => db.prepare<[string], Row>(JOB_SQL.get).get(id));
    const job = row && jobOf(row);
    if (!job) throw notFound(id);
    return job;
  }

  /** Oldest first. Jobs that another version wrote and this one cannot read are left out. */
  list(): Job[] {
    return this.#jobs(JOB_SQL.list);
  }

  /** Unfinished jobs that no living process has claimed: their process died, or never began. Oldest first. */
  findResumable(): Job[] {
    return this.#jobs(JOB_SQL.unfinished).filter((job) => {
      const lock = this.#claims.has(job.id) ? null : this.#lock(job.id, 0);
      lock?.release();
      return lock !== null;
    });
  }

  /** A job that was removed meanwhile is left alone, by this and the other setters. */
  setState(id: string, state: JobState, error: WireError | null = null): void {
    this.#update('state = ?, error = ?', [state, error && JSON.stringify(error)], id);
  }

  setProgress(id: string, phase: Phase, done: number, total: number): void {
    this.#attempt((db) => db.prepare(JOB_SQL.progress).run(phase, done, total, Date.now(), id));
  }

  /** `report` is any JSON value. */
  setReport(id: string, report: unknown): void {
    this.#update('report = ?', [JSON.stringify(report)], id);
  }

  /**
   * Makes this process the one that runs the job, until it releases the job or dies. False when a living process,
   * this one included, has it already.
   * @throws AppError job-not-found
   */
  claim(id: string): boolean {
    this.get(id);
    if (this.#claims.has(id)) return false;
    const lock = this.#lock(id, CLAIM_WAIT_MS);
    if (!lock) return false;
    const known = this.#attempt(
      (db) => db.prepare('UPDATE jobs SET pid = ? WHERE id = ?').run(process.pid, id).changes,
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
      this.#attempt((db) => db.prepare('UPDATE jobs SET pid = NULL WHERE id = ?').run(id));
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

  #update(assignments: string, values: unknown[], id: string): void {
    this.#attempt((db) =>
      db
        .prepare(`UPDATE jobs SET ${assignments}, updated_at = ? WHERE id = ?`)
        .run(...values, Date.now(), id),
    );
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

function jobOf(row: Row): Job | null {
  const settings = editSettings.safeParse(parse(row.settings));
  if (!settings.success) return null;
  return {
    id: row.id,
    settings: settings.data,
    state: row.state,
    error: row.error === null ? null : (parse(row.error) as WireError | null),
    phase: row.phase,
    done: row.done,
    total: row.total,
    report: row.report === null ? null : parse(row.report),
    pid: row.pid,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Null for text that damage or another version made unreadable. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function notFound(id: string): AppError {
  return new AppError('job-not-found', `there is no job ${id}`, {
    doing: 'looking up a job',
    hint: 'List the jobs to see those that exist.',
  });
}
