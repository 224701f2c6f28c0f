import type { Migration } from '../../storage/db.ts';

/** When a file was last asked about, in days since 1970, so that headers of files that are gone do not stay for ever. */
export const seen: Migration = {
  version: 2,
  name: 'seen',
  sql: `
    ALTER TABLE headers ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX headers_by_seen ON headers (seen);
  `,
};
