import type { Migration } from '../../storage/db.ts';

// One row is the whole of a job: what the desktop kept beside it moves in, with the project that its take belongs to.
export const oneTable: Migration = {
  version: 3,
  name: 'one-table',
  sql: `
    ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'take' CHECK (kind IN ('take', 'preview'));
    ALTER TABLE jobs ADD COLUMN fraction REAL NOT NULL DEFAULT 0;
    -- Of the desktop alone, NULL for the command line: the shot, its words, the place in the queue, the project.
    ALTER TABLE jobs ADD COLUMN shot_id TEXT;
    ALTER TABLE jobs ADD COLUMN label TEXT;
    ALTER TABLE jobs ADD COLUMN position REAL;
    ALTER TABLE jobs ADD COLUMN project TEXT;
    ALTER TABLE jobs ADD COLUMN project_path TEXT;
    -- Starts that did not end: a job that takes the engine down with it must not do so for ever.
    ALTER TABLE jobs ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
    -- 0 while the project's file does not know a take that is done.
    ALTER TABLE jobs ADD COLUMN filed INTEGER NOT NULL DEFAULT 1;
    UPDATE jobs SET
      shot_id = queue.shot_id, label = queue.label, position = queue.position, deaths = queue.deaths
      FROM queue WHERE queue.job = jobs.id;
    DROP TABLE queue;
    CREATE INDEX jobs_position ON jobs (position) WHERE position IS NOT NULL;
  `,
};
