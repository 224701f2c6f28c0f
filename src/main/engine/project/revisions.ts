/** The states of a document inside a project file, newest last, each with a checksum of its own. */
import { createHash } from 'node:crypto';
import type { ProjectDocument } from '../../../common/project/document.ts';
import { readDocument, writeDocument } from '../../../common/project/format.ts';
import { type Db, inTransaction } from '../storage/db.ts';

export const REVISIONS_KEPT = 20;
/** In bytes of text: a film of many thousand shots with long prompts stays far below. */
const LARGEST_DOCUMENT = 64 << 20;

export interface Revision {
  readonly document: ProjectDocument;
  /** Milliseconds since 1970. */
  readonly saved: number;
  /** How many newer ones could not be read. */
  readonly skipped: number;
}

interface Row {
  readonly document: string;
  readonly saved: number;
  readonly checksum: string;
}

/** Appends a state and drops the oldest; in one transaction. A state equal to the newest is not written again. */
export function addRevision(db: Db, document: ProjectDocument, now: number = Date.now()): void {
  const text = writeDocument(document);
  const sum = checksum(text);
  inTransaction(db, () => {
    const newest = db
      .prepare<[], string>('SELECT checksum FROM revisions ORDER BY id DESC LIMIT 1')
      .pluck()
      .get();
    if (newest === sum) return;
    db.prepare('INSERT INTO revisions (saved, document, checksum) VALUES (?, ?, ?)').run(now, text, sum);
    db.prepare(
      `DELETE FROM revisions WHERE id NOT IN (SELECT id FROM revisions ORDER BY id DESC LIMIT ${REVISIONS_KEPT})`,
    ).run();
  });
}

/**
 * The newest state that is whole, looked up one by one because a damaged page hides only its own rows; or null.
 * @throws NewerDocument, StrangeDocument for one that is whole but not for this Retake
 */
export function newestRevision(db: Db): Revision | null {
  let skipped = 0;
  for (const id of candidates(db)) {
    const found = readable(db, id);
    if (found) return { ...found, skipped };
    skipped += 1;
  }
  return null;
}

/** Ids, newest first. Where the list itself is damaged, those that the counter says were given last. */
function candidates(db: Db): number[] {
  try {
    return db
      .prepare<[], number>(`SELECT id FROM revisions ORDER BY id DESC LIMIT ${2 * REVISIONS_KEPT}`)
      .pluck()
      .all();
  } catch {
    try {
      const query = `SELECT seq FROM sqlite_sequence WHERE name = 'revisions'`;
      const last = db.prepare<[], number>(query).pluck().get() ?? 0;
      return Array.from({ length: REVISIONS_KEPT }, (_, back) => last - back).filter((id) => id > 0);
    } catch {
      return [];
    }
  }
}

function readable(db: Db, id: number): Omit<Revision, 'skipped'> | null {
  const row = rowOf(db, id);
  if (!row || checksum(row.document) !== row.checksum) return null;
  return { document: readDocument(row.document), saved: row.saved };
}

function rowOf(db: Db, id: number): Row | undefined {
  try {
    const query = `SELECT document, saved, checksum FROM revisions
      WHERE id = ? AND octet_length(document) <= ${LARGEST_DOCUMENT}`;
    return db.prepare<[number], Row>(query).get(id);
  } catch {
    return undefined;
  }
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
