import type { Migration } from '../../storage/db.ts';

// What renders have brought, by job: the document derives its takes from here, so that none is lost on the way.
export const takes: Migration = {
  version: 2,
  name: 'takes',
  sql: `
    CREATE TABLE takes (
      job TEXT PRIMARY KEY,
      take TEXT NOT NULL,
      filed INTEGER NOT NULL,
      -- The artist deleted it: it does not come back by itself.
      dropped INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
  `,
};
