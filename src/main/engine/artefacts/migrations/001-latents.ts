import type { Migration } from '../../storage/db.ts';

// Pictures lie apart from their index so that opening can check the index without reading gigabytes.
export const latents: Migration = {
  version: 1,
  name: 'latents',
  sql: `
    CREATE TABLE groups (
      id INTEGER PRIMARY KEY,
      clip TEXT NOT NULL,
      bundle TEXT NOT NULL,
      source_prompt TEXT NOT NULL,
      settings TEXT NOT NULL,
      UNIQUE (clip, bundle, source_prompt, settings)
    ) STRICT;

    CREATE TABLE frames (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      key TEXT NOT NULL UNIQUE,
      group_id INTEGER NOT NULL REFERENCES groups (id),
      frame TEXT NOT NULL,
      channels INTEGER NOT NULL,
      height INTEGER NOT NULL,
      width INTEGER NOT NULL,
      psnr REAL,
      created INTEGER NOT NULL,
      used INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      checksum TEXT NOT NULL
    ) STRICT;
    CREATE INDEX frames_used ON frames (used);
    CREATE INDEX frames_group ON frames (group_id, used, bytes);

    CREATE TABLE latents (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;

    CREATE TABLE totals (id INTEGER PRIMARY KEY CHECK (id = 1), frames INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
    INSERT INTO totals VALUES (1, 0, 0);
    CREATE TRIGGER frames_added AFTER INSERT ON frames BEGIN
      UPDATE totals SET frames = frames + 1, bytes = bytes + new.bytes;
    END;
    CREATE TRIGGER frames_removed AFTER DELETE ON frames BEGIN
      UPDATE totals SET frames = frames - 1, bytes = bytes - old.bytes;
    END;

    CREATE TABLE file_digests (
      path TEXT PRIMARY KEY,
      size INTEGER NOT NULL,
      mtime_ms REAL NOT NULL,
      digest TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
