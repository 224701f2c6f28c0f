/** Digests of weights files remembered by path, size and time of change, so that gigabytes are hashed once. */
import type { DigestStore } from '../models/types.ts';
import type { RebuildableDb } from '../storage/rebuildable.ts';

export const DIGEST_QUERY = 'SELECT digest FROM file_digests WHERE path = ? AND size = ? AND mtime_ms = ?';

export function digestStore(database: RebuildableDb): DigestStore {
  return {
    get(path, size, mtimeMs) {
      return database.run('reading a file digest', null, (db) => {
        const digest = db.prepare(DIGEST_QUERY).pluck().get(path, size, mtimeMs);
        return typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest) ? digest : null;
      });
    },
    set(path, size, mtimeMs, digest) {
      database.run('storing a file digest', undefined, (db) => {
        db.prepare('INSERT OR REPLACE INTO file_digests VALUES (?, ?, ?, ?)').run(
          path,
          size,
          mtimeMs,
          digest,
        );
      });
    },
  };
}
