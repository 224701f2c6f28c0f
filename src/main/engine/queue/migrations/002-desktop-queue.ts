import type { Migration } from '../../storage/db.ts';

export const desktopQueue: Migration = {
  version: 2,
  name: 'desktop-queue',
  sql: `
    CREATE TABLE queue (
      job TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
      position REAL NOT NULL,
      shot_id TEXT NOT NULL,
      label TEXT NOT NULL,
      -- Starts that did not end: a job that takes the engine down with it must not do so for ever.
      deaths INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE queue_state (id INTEGER PRIMARY KEY CHECK (id = 1), paused INTEGER NOT NULL) STRICT;
    INSERT INTO queue_state VALUES (1, 0);
    CREATE TABLE speeds (
      model TEXT NOT NULL,
      width INTEGER NOT NULL,
      height INTEGER NOT NULL,
      provider TEXT NOT NULL,
      -- What was timed: a network call of inversion, one of sampling by its branches, a frame of encoding, opening.
      work TEXT NOT NULL,
      seconds REAL NOT NULL,
      PRIMARY KEY (model, width, height, provider, work)
    ) STRICT, WITHOUT ROWID;
  `,
};
