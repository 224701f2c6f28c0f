import type { Migration } from '../../storage/db.ts';

// The newest revision is the project; the older ones are there for the day that the newest cannot be read.
export const document: Migration = {
  version: 1,
  name: 'document',
  sql: `
    CREATE TABLE revisions (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      saved INTEGER NOT NULL,
      document TEXT NOT NULL,
      checksum TEXT NOT NULL
    ) STRICT;
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
};
