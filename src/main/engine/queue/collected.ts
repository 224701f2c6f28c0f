/** Takes that other machines made and this desk brings home: each once, whatever is killed in between. */
import type { TakeReport } from '../../../common/report.ts';
import type { ProjectRef } from '../project/file.ts';
import { inTransaction } from '../storage/db.ts';
import type { JobStore } from './store.ts';

export interface BroughtTake {
  /** Of the job that it is in the queue. */
  readonly id: string;
  readonly shotId: string;
  readonly label: string;
  readonly project: ProjectRef;
  readonly report: TakeReport;
}

/** All methods throw AppError cache-unusable or disk-full when the file cannot be used. */
export class CollectedTakes {
  readonly #store: JobStore;

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** Of these, the ones that are home, also those that were cleared from the queue since. */
  home(ids: readonly string[]): Set<string> {
    const query = 'SELECT id FROM collected WHERE home = 1 AND id IN (SELECT value FROM json_each(?))';
    return new Set(
      this.#store.attempt((db) => db.prepare<[string], string>(query).pluck().all(JSON.stringify(ids))),
    );
  }

  /** Where this one was to go before whoever brought it was killed; null where nobody has begun. */
  promised(id: string): string | null {
    const query = 'SELECT path FROM collected WHERE id = ? AND home = 0';
    return this.#store.attempt((db) => db.prepare<[string], string>(query).pluck().get(id) ?? null);
  }

  promise(id: string, path: string): void {
    const query = `INSERT INTO collected (id, path) VALUES (?, ?)
      ON CONFLICT (id) DO UPDATE SET path = excluded.path WHERE home = 0`;
    this.#store.attempt((db) => db.prepare(query).run(id, path));
  }

  /** It is home: a job that is done, and has yet to reach its project. One that is home already stays as it is. */
  bring({ id, shotId, label, project, report }: BroughtTake): void {
    const now = Date.now();
    this.#store.attempt((db) =>
      inTransaction(db, () => {
        const mark = `INSERT INTO collected (id, path, home) VALUES (?, ?, 1)
          ON CONFLICT (id) DO UPDATE SET path = excluded.path, home = 1 WHERE home = 0`;
        if (db.prepare(mark).run(id, report.take.path).changes === 0) return;
        const insert = `INSERT OR IGNORE INTO jobs (id, state, settings, report, created_at, updated_at, fraction, filed,
            kind, shot_id, label, project, project_path, position)
          VALUES (?, 'done', ?, ?, ?, ?, 1, 0, 'take', ?, ?, ?, ?, (SELECT coalesce(max(position), 0) + 1 FROM jobs))`;
        const row = [id, JSON.stringify(report.settings), JSON.stringify(report), now, now];
        db.prepare(insert).run(...row, shotId, label, project.id, project.path);
      }),
    );
  }
}

/** Paths that takes will have: of jobs in the queue, and of those that are on their way home. */
export function promisedPaths(store: JobStore): string[] {
  // Settings from before there were groups have it at their top.
  const query = `SELECT coalesce(json_extract(settings, '$.output.path'), json_extract(settings, '$.out')) FROM jobs
      WHERE position IS NOT NULL AND json_valid(settings)
    UNION ALL SELECT path FROM collected WHERE home = 0`;
  const paths = store.attempt((db) => db.prepare<[], string | null>(query).pluck().all());
  return paths.filter((path) => path !== null);
}
