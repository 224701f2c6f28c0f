import type { Migration } from '../../storage/db.ts';

// Takes that other machines made, by the job that each is in the queue: which are home, and where the next one goes. It
// stays when the artist clears the queue, so that nothing is brought home twice.
export const collected: Migration = {
  version: 4,
  name: 'collected',
  sql: `
    CREATE TABLE collected (
      id TEXT PRIMARY KEY,
      -- Promised before the first byte is copied.
      path TEXT NOT NULL,
      home INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
  `,
};
