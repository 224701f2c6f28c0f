/** The part of the queue that outlives the process: order, shots, whether it is paused. */

import type { JobStore } from '../queue/store.ts';
import { type Db, inTransaction } from '../storage/db.ts';

export interface QueueRow {
  readonly job: string;
  readonly shotId: string;
  readonly label: string;
  readonly deaths: number;
}

/** All methods throw AppError cache-unusable or disk-full when the file cannot be used. */
export class QueueRows {
  readonly #store: JobStore;

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** In playing order. */
  list(): QueueRow[] {
    const query = 'SELECT job, shot_id AS shotId, label, deaths FROM queue ORDER BY position';
    return this.#store.attempt((db) => db.prepare<[], QueueRow>(query).all());
  }

  add(job: string, shotId: string, label: string): void {
    const query = `INSERT INTO queue (job, position, shot_id, label)
      VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM queue), ?, ?)`;
    this.#store.attempt((db) => db.prepare(query).run(job, shotId, label));
  }

  order(jobs: readonly string[]): void {
    this.#store.attempt((db) => inTransaction(db, () => writeOrder(db, jobs)));
  }

  /** It begins: unless it ends in order, it counts as one death. */
  began(job: string): void {
    this.#store.attempt((db) => db.prepare('UPDATE queue SET deaths = deaths + 1 WHERE job = ?').run(job));
  }

  ended(job: string): void {
    this.#store.attempt((db) => db.prepare('UPDATE queue SET deaths = 0 WHERE job = ?').run(job));
  }

  get paused(): boolean {
    return this.#store.attempt((db) => db.prepare('SELECT paused FROM queue_state').pluck().get() === 1);
  }

  set paused(paused: boolean) {
    this.#store.attempt((db) => db.prepare('UPDATE queue_state SET paused = ?').run(paused ? 1 : 0));
  }
}

function writeOrder(db: Db, jobs: readonly string[]): void {
  const write = db.prepare('UPDATE queue SET position = ? WHERE job = ?');
  for (const [position, job] of jobs.entries()) write.run(position, job);
}
