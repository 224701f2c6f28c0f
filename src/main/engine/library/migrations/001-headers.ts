import type { Migration } from '../../storage/db.ts';

/** What headers of files said, so that a thousand of them are read once. */
export const headers: Migration = {
  version: 1,
  name: 'headers',
  sql: `
    CREATE TABLE headers (
      path TEXT PRIMARY KEY,
      size INTEGER NOT NULL,
      mtime_ms REAL NOT NULL,
      told TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
