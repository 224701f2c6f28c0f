import type { Migration } from '../../storage/db.ts';

export const jobs: Migration = {
  version: 1,
  name: 'jobs',
  sql: `
    CREATE TABLE jobs (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
      settings TEXT NOT NULL,
      error TEXT,
      phase TEXT,
      done INTEGER NOT NULL DEFAULT 0,
      total INTEGER NOT NULL DEFAULT 0,
      report TEXT,
      pid INTEGER,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX jobs_state ON jobs (state, sequence);
  `,
};
