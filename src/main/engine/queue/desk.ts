/** The desktop's view of the job table: order, pause, projects, and takes that have yet to reach theirs. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { ProjectRef } from '../project/file.ts';
import { type Db, inTransaction } from '../storage/db.ts';
import type { Job } from './job.ts';
import type { JobStore } from './store.ts';

/** Below this distance two places in the queue are numbered anew. */
const NEAREST = 1e-6;

/** All methods throw AppError cache-unusable or disk-full when the file cannot be used. */
export class DeskRows {
  readonly #store: JobStore;

  constructor(store: JobStore) {
    this.#store = store;
  }

  get paused(): boolean {
    return this.#store.attempt((db) => db.prepare('SELECT paused FROM queue_state').pluck().get() === 1);
  }

  set paused(paused: boolean) {
    this.#store.attempt((db) => db.prepare('UPDATE queue_state SET paused = ?').run(paused ? 1 : 0));
  }

  /** Puts a job in front of another, or at the end. Either may be gone. True where all had to be numbered anew. */
  move(id: string, before: string | null): boolean {
    return this.#store.attempt((db) =>
      inTransaction(db, () => {
        if (place(db, id, before)) return false;
        renumber(db);
        place(db, id, before);
        return true;
      }),
    );
  }

  /** An orderly end is not counted as a death, even if the process is killed before the job has ended. */
  forgive(id: string): void {
    this.#store.attempt((db) => db.prepare('UPDATE jobs SET deaths = 0 WHERE id = ?').run(id));
  }

  /** Previews that have ended: nobody waits for them in another session. */
  dropEndedPreviews(): void {
    const query = `DELETE FROM jobs WHERE kind = 'preview' AND state IN ('done', 'failed', 'cancelled')`;
    this.#store.attempt((db) => db.prepare(query).run());
  }

  /** Takes that are done and unknown to their project, oldest first; of one project or of all. */
  unfiled(project: string | null = null): Job[] {
    return this.#store
      .queue()
      .filter(({ state, desk }) => state === 'done' && desk && !desk.filed)
      .filter(({ desk }) => project === null || desk?.project?.id === project)
      .sort((a, b) => a.updatedAt - b.updatedAt);
  }

  markFiled(id: string): void {
    this.#store.attempt((db) => db.prepare('UPDATE jobs SET filed = 1 WHERE id = ?').run(id));
  }

  /** The row as it is by now; the job itself where its row is gone. */
  now(job: Job): Job {
    return this.#store.find(job.id) ?? job;
  }

  /** The file of a project lies here now; jobs that know no project are adopted by the one that has their shot. */
  found(project: ProjectRef, shots: readonly string[]): void {
    const moved = this.#store.queue().flatMap((job) => {
      const out = job.desk?.project?.id === project.id && outBeside(job, job.desk.project.path, project.path);
      if (!out) return [];
      const { settings } = job;
      const there = { ...settings, output: { ...settings.output, path: out } };
      return [[JSON.stringify(there), job.id]];
    });
    this.#store.attempt((db) =>
      inTransaction(db, () => {
        const write = db.prepare('UPDATE jobs SET settings = ? WHERE id = ?');
        for (const values of moved) write.run(...values);
        db.prepare('UPDATE jobs SET project_path = ? WHERE project = ?').run(project.path, project.id);
        const adopt = `UPDATE jobs SET project = ?, project_path = ?
          WHERE position IS NOT NULL AND project IS NULL AND shot_id IN (SELECT value FROM json_each(?))`;
        db.prepare(adopt).run(project.id, project.path, JSON.stringify(shots));
      }),
    );
  }

  /** The artist goes on in a copy (save as): what has not reached the old file will reach the new one. */
  readdress(from: string, to: ProjectRef): void {
    const query = `UPDATE jobs SET project = ?, project_path = ?
      WHERE project = ? AND (state != 'done' OR filed = 0)`;
    this.#store.attempt((db) => db.prepare(query).run(to.id, to.path, from));
  }
}

/** Where a take lies, or will, that moved together with its project; null where it did not move. */
function outBeside({ settings, state }: Job, from: string, to: string): string | null {
  const out = settings.output.path;
  const inside = relative(dirname(from), out);
  if (from === to || inside.startsWith('..') || isAbsolute(inside)) return null;
  const beside = join(dirname(to), inside);
  const isThere = (path: string) => existsSync(state === 'done' ? path : dirname(path));
  return !isThere(out) && isThere(beside) ? beside : null;
}

/** False where there is no room between the two neighbours. */
function place(db: Db, id: string, before: string | null): boolean {
  const at = (query: string, ...values: unknown[]) =>
    db
      .prepare<unknown[], number | null>(query)
      .pluck()
      .get(...values) ?? null;
  const next = before === null ? null : at('SELECT position FROM jobs WHERE id = ?', before);
  const last = next === null ? 'position IS NOT NULL' : `position < ${next}`;
  const previous = at(`SELECT max(position) FROM jobs WHERE ${last} AND id != ?`, id);
  if (next !== null && previous !== null && next - previous < NEAREST) return false;
  const position = next === null ? (previous ?? 0) + 1 : previous === null ? next - 1 : (previous + next) / 2;
  db.prepare('UPDATE jobs SET position = ? WHERE id = ? AND position IS NOT NULL').run(position, id);
  return true;
}

function renumber(db: Db): void {
  db.exec(`UPDATE jobs SET position = numbered.place FROM (
    SELECT id, row_number() OVER (ORDER BY position, sequence) AS place FROM jobs WHERE position IS NOT NULL
  ) AS numbered WHERE jobs.id = numbered.id`);
}
