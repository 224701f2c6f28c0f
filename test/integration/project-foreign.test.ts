/** Project files that this Retake did not write: newer ones, and ones made to do harm. Each is refused and left as it is. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { emptyProject } from '../../src/common/project/document.ts';
import { FORMAT, writeDocument } from '../../src/common/project/format.ts';
import { createProject, openProject } from '../../src/main/engine/project/file.ts';
import { ProjectSession } from '../../src/main/engine/project/session.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

type Sql = Database.Database;

async function project(): Promise<{ folder: string; path: string }> {
  const folder = tempFolder();
  const path = join(folder, 'film.retake');
  const file = createProject(path, emptyProject('older'));
  file.save(withClip(await clipRefOf(join(folder, 'a.mov'))));
  file.close();
  return { folder, path };
}

/** Changes a file as somebody with a database tool would, the digest of its own schema included. */
function alter(path: string, work: (db: Sql) => void): void {
  const db = new Database(path);
  db.unsafeMode(true);
  work(db);
  const query = `SELECT name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name`;
  const digest = createHash('sha256')
    .update(JSON.stringify(db.prepare(query).raw().all()))
    .digest('hex');
  try {
    db.prepare('UPDATE migrations SET schema = ?').run(digest);
  } catch {
    // Where it is no table any more it need not say anything.
  }
  db.close();
}

/** A state as a Retake writes it, with the checksum that belongs to it. */
function addState(db: Sql, document: string): void {
  const sum = createHash('sha256').update(document).digest('hex');
  db.prepare('INSERT INTO revisions (saved, document, checksum) VALUES (1, ?, ?)').run(document, sum);
}

function refused(folder: string, path: string, message: RegExp): void {
  const before = readFileSync(path);
  const began = performance.now();
  expect(() => openProject(path)).toThrow(
    expect.objectContaining({ code: 'project-unreadable', message: expect.stringMatching(message) }),
  );
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(readFileSync(path).equals(before)).toBe(true);
  // Nothing is set aside or written anew beside it; its lock may stay.
  expect(readdirSync(folder).filter((name) => !name.endsWith('.lock'))).toEqual(['film.retake']);
}

describe('a project of a newer Retake is refused by name and stays as it is', () => {
  const newest = async (change: (document: Record<string, unknown>) => void) => {
    const { folder, path } = await project();
    const document = JSON.parse(writeDocument(withClip(await clipRefOf(join(folder, 'a.mov')))));
    change(document);
    alter(path, (db) => addState(db, JSON.stringify(document)));
    return { folder, path };
  };

  test('by its format', async () => {
    const { folder, path } = await newest((document) => {
      document.format = FORMAT + 1;
    });
    refused(folder, path, /newer version of Retake.*format is/);
  });

  test('by one setting more, in a file that says no format', async () => {
    const { folder, path } = await newest((document) => {
      delete document.format;
      const [shot] = document.timeline as { settings: Record<string, Record<string, unknown>> }[];
      shot!.settings.sampling!.sharpness = 0.5;
    });
    refused(folder, path, /newer version of Retake.*"sharpness"/);
  });

  test('also with a write-ahead log', async () => {
    const { folder, path } = await newest((document) => {
      document.format = FORMAT + 1;
    });
    const db = new Database(path);
    db.pragma('journal_mode = WAL');
    db.close();
    refused(folder, path, /newer version/);
  });

  test('by tables that it added', async () => {
    const { folder, path } = await project();
    alter(path, (db) => {
      db.exec('CREATE TABLE bins (x)');
      db.exec(`INSERT INTO migrations SELECT 99, 'bins', 1, '' `);
      db.pragma('user_version = 99');
    });
    refused(folder, path, /newer version/);
  });
});

describe('a project that was made to do harm is refused and stays as it is', () => {
  const FOREVER = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT';
  const attacks: Record<string, (db: Sql) => void> = {
    'a trigger that drops what is saved': (db) =>
      db.exec(
        'CREATE TRIGGER t AFTER INSERT ON revisions BEGIN DELETE FROM revisions WHERE id = new.id; END',
      ),
    'states from a view that never ends': (db) =>
      db.exec(`ALTER TABLE revisions RENAME TO r;
        CREATE VIEW revisions AS ${FOREVER} x AS id, x AS saved, '' AS document, '' AS checksum FROM n`),
    'versions from a view that never ends': (db) =>
      db.exec(
        `DROP TABLE migrations; CREATE VIEW migrations AS ${FOREVER} x AS version, '' AS schema FROM n`,
      ),
    'such a view, and a version from the future': (db) => {
      db.exec(`ALTER TABLE revisions RENAME TO r;
        CREATE VIEW revisions AS ${FOREVER} x AS id, x AS saved, '' AS document, '' AS checksum FROM n`);
      db.pragma('user_version = 99');
    },
    'a view that nobody reads': (db) => db.exec('CREATE VIEW v AS SELECT 1'),
    'a virtual table': (db) => db.exec('CREATE VIRTUAL TABLE v USING fts5(x)'),
    'a table more': (db) => db.exec('CREATE TABLE more (x)'),
    'an index more': (db) => db.exec('CREATE INDEX more ON revisions (saved)'),
    statistics: (db) => db.exec('ANALYZE'),
    'a column more': (db) => db.exec('ALTER TABLE revisions ADD COLUMN more TEXT'),
    'a computed column': (db) =>
      db.exec(`DROP TABLE revisions; CREATE TABLE revisions (id INTEGER PRIMARY KEY AUTOINCREMENT,
        saved INTEGER, document TEXT AS (hex(zeroblob(400000000))), checksum TEXT)`),
    'a schema written by hand': (db) => {
      db.pragma('writable_schema = ON');
      db.exec(
        `UPDATE sqlite_schema SET sql = 'CREATE TABLE meta (key TEXT, value TEXT)' WHERE name = 'meta'`,
      );
    },
    'no states, under another name': (db) => db.exec('ALTER TABLE revisions RENAME TO states'),
    'a document that is none': (db) => addState(db, '{"format":2,"name":1}'),
    'a document nested without end': (db) => addState(db, `${'['.repeat(500_000)}${']'.repeat(500_000)}`),
    'an entry with the name of what every object has': (db) =>
      addState(db, '{"format":2,"clips":{"constructor":{}}}'),
  };
  test.each(Object.keys(attacks))('%s', async (name) => {
    const { folder, path } = await project();
    alter(path, attacks[name]!);
    refused(folder, path, /./);
  });

  test('rows of takes that are none are passed over, and name no file that could be deleted', async () => {
    const { folder, path } = await project();
    alter(path, (db) => {
      const add = db.prepare('INSERT INTO takes (job, take, filed) VALUES (?, ?, 1)');
      for (const take of ['', '{', 'null', '[]', '{"path":"/etc/hostname"}', 'x'.repeat(2_000_000)])
        add.run(`${take.length}`, take);
    });
    const session = new ProjectSession();
    const opened = await session.open(path);
    expect(opened.document.takes).toEqual({});
    await expect(session.deleteTake('/etc/hostname')).rejects.toMatchObject({ code: 'usage' });
    await expect(session.deleteTake(folder)).rejects.toMatchObject({ code: 'usage' });
    await session.save(opened.document);
    await session.close();
  });

  test('a document of a gigabyte is passed over for the one before', async () => {
    const { path } = await project();
    alter(path, (db) =>
      db.exec(`INSERT INTO revisions (saved, document, checksum) VALUES (1, hex(zeroblob(80000000)), '')`),
    );
    const { file, recovered } = openProject(path);
    expect(recovered).toMatch(/damaged/);
    file.close();
  });
});
