import type { Migration } from '../../storage/db.ts';

// Who computes a frame that is not there yet, so that two engines do not compute it twice.
export const leases: Migration = {
  version: 2,
  name: 'leases',
  sql: `
    CREATE TABLE leases (
      key TEXT PRIMARY KEY,
      holder TEXT NOT NULL,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
