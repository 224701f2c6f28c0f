/** The takes that renders have filed in a project, one row each by job. The document derives its own from them. */
import { randomUUID } from 'node:crypto';
import type { FiledTake, ProjectDocument } from '../../../common/project/document.ts';
import { readFiledTake } from '../../../common/project/format.ts';
import type { Db } from '../storage/db.ts';
import { absoluteTake, storedTake } from './paths.ts';

/** Names the project for good, wherever its file is moved; a file that has no name yet gets one. */
export function projectId(db: Db): string {
  db.prepare(`INSERT OR IGNORE INTO meta VALUES ('id', ?)`).run(randomUUID());
  return idIn(db)!;
}

/** Null in a file from before projects had one. */
export function idIn(db: Db): string | null {
  return db.prepare<[], string>(`SELECT value FROM meta WHERE key = 'id'`).pluck().get() ?? null;
}

/** One that is there already stays as it is, dropped ones too. */
export function fileTake(db: Db, take: FiledTake, folder: string): void {
  const stored = storedTake(take, folder);
  const query = 'INSERT OR IGNORE INTO takes (job, take, filed) VALUES (?, ?, ?)';
  db.prepare(query).run(take.id, JSON.stringify(stored), Date.now());
}

interface Row {
  readonly job: string;
  readonly take: string;
}

/** A row is some hundred bytes; a file may come from anybody. */
const QUERY_BESIDE = `SELECT job, take FROM takes
  WHERE dropped = 0 AND octet_length(take) < 1000000 ORDER BY filed LIMIT 10000`;
/** Null for a row that damage made unreadable. */
const PATH = `CASE WHEN json_valid(take) THEN json_extract(take, '$.path') END`;

/** Those that the document lacks and the artist has not deleted, oldest first. Paths are absolute. */
export function takesBeside(db: Db, document: ProjectDocument, folder: string): FiledTake[] {
  const rows = db.prepare<[], Row>(QUERY_BESIDE).all();
  return rows
    .filter(({ job }) => !Object.hasOwn(document.takes, job))
    .flatMap(({ take }) => readTake(take) ?? [])
    .map((take) => absoluteTake(take, folder));
}

/** Null for a row that damage made unreadable: no reason not to open the rest. */
function readTake(json: string): FiledTake | null {
  try {
    return readFiledTake(json);
  } catch {
    return null;
  }
}

/** A saved document has lost takes, which the artist deleted, or has them again, by undo. */
export function followTakes(db: Db, before: ReadonlySet<string>, after: ReadonlySet<string>): void {
  const drop = (dropped: 0 | 1, ids: readonly string[]) => {
    const query = `UPDATE takes SET dropped = ? WHERE dropped != ? AND job IN (SELECT value FROM json_each(?))`;
    if (ids.length > 0) db.prepare(query).run(dropped, dropped, JSON.stringify(ids));
  };
  drop(
    1,
    [...before].filter((id) => !after.has(id)),
  );
  drop(0, [...after]);
}

/** `path` as it is stored. */
export function dropTake(db: Db, path: string): void {
  db.prepare(`UPDATE takes SET dropped = 1 WHERE ${PATH} = ?`).run(path);
}

/** `path` as it is stored. */
export function isFiled(db: Db, path: string): boolean {
  const query = `SELECT 1 FROM takes WHERE ${PATH} = ? LIMIT 1`;
  return db.prepare<[string], number>(query).pluck().get(path) !== undefined;
}

/** All of them, for a file that takes the place of another one. */
export function copyTakes(from: Db, to: Db): void {
  const rows = from.prepare('SELECT job, take, filed, dropped FROM takes').raw().all() as unknown[][];
  const write = to.prepare('INSERT OR IGNORE INTO takes VALUES (?, ?, ?, ?)');
  for (const row of rows) write.run(...row);
}
