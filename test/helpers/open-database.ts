/** A database as its owner opens it, for looking into its file. */
import {
  type Db,
  lockForOpening,
  type OpenDatabaseOptions,
  openLocked,
} from '../../src/main/engine/storage/db.ts';

export function openDatabase(path: string, options: OpenDatabaseOptions): Db {
  const lock = lockForOpening(path, `opening ${options.label}`);
  try {
    return openLocked(path, options);
  } finally {
    lock.release();
  }
}
