import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIGEST_QUERY } from '../../src/main/engine/artefacts/digests.ts';
import { ARTEFACT_SQL } from '../../src/main/engine/artefacts/rows.ts';
import { ARTEFACT_MIGRATIONS } from '../../src/main/engine/artefacts/store.ts';
import {
  KINDS_QUERY,
  LS_QUERY,
  OLDEST_OF_KIND_QUERY,
  OLDEST_QUERY,
} from '../../src/main/engine/artefacts/upkeep.ts';
import { jobs } from '../../src/main/engine/queue/migrations/001-jobs.ts';
import { desktopQueue } from '../../src/main/engine/queue/migrations/002-desktop-queue.ts';
import { oneTable } from '../../src/main/engine/queue/migrations/003-one-table.ts';
import { JOB_SQL } from '../../src/main/engine/queue/store.ts';
import { CorruptDatabase, type Db, lockFile, type Migration } from '../../src/main/engine/storage/db.ts';
import { openDatabase } from '../helpers/open-database.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const first: Migration = { version: 1, name: 'first', sql: 'CREATE TABLE a (x INTEGER)' };
const second: Migration = { version: 2, name: 'second', sql: 'ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 5' };

const open = (file: string, ...migrations: Migration[]) =>
  openDatabase(file, { migrations, label: 'the trial' });

describe('opening a database', () => {
  it('sets what durability and speed rest on', () => {
    const db = open(join(tempFolder(), 'new folder', 'a.sqlite'), first);
    const pragma = (name: string) => db.pragma(name, { simple: true });
    expect(pragma('journal_mode')).toBe('wal');
    expect(pragma('synchronous')).toBe(1);
    expect(pragma('foreign_keys')).toBe(1);
    expect(pragma('busy_timeout')).toBe(10_000);
    expect(pragma('auto_vacuum')).toBe(2);
    db.close();
  });

  it('applies each migration once, in order, keeping the data', () => {
    const file = join(tempFolder(), 'a.sqlite');
    let db = open(file, first);
    db.exec('INSERT INTO a VALUES (1)');
    db.close();
    db = open(file, first, second);
    expect(db.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: 5 }]);
    db.close();
    db = open(file, first, second);
    expect(db.prepare('SELECT version, name FROM migrations').raw().all()).toEqual([
      [1, 'first'],
      [2, 'second'],
    ]);
    db.close();
  });

  it('undoes a migration that fails half-way', () => {
    const file = join(tempFolder(), 'a.sqlite');
    open(file, first).close();
    const broken = { version: 2, name: 'broken', sql: 'CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)' };
    expect(() => open(file, first, broken)).toThrow(/nowhere/);
    const db = open(file, first);
    expect(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'b'").all()).toEqual([]);
    db.close();
  });

  it('refuses a file from the future and leaves it as it is', () => {
    const file = join(tempFolder(), 'a.sqlite');
    open(file, first, second).close();
    expect(() => open(file, first)).toThrow(
      expect.objectContaining({ code: 'cache-unusable', message: expect.stringContaining('newer version') }),
    );
    open(file, first, second).close();
  });

  it('refuses migrations out of order', () => {
    expect(() => open(join(tempFolder(), 'a.sqlite'), second, first)).toThrow(/out of order/);
  });

  it.each([
    ['another program’s database', 'CREATE TABLE theirs (x)'],
    ['a header that disagrees with the log', 'PRAGMA user_version = 7'],
  ])('calls %s damaged', (_, sql) => {
    const file = join(tempFolder(), 'a.sqlite');
    const db = open(file, ...(sql.startsWith('PRAGMA') ? [first] : []));
    db.exec(sql);
    db.close();
    expect(() => open(file, first)).toThrow(CorruptDatabase);
  });

  it('calls a schema damaged in which one letter of a column changed', () => {
    const file = join(tempFolder(), 'a.sqlite');
    open(file, { ...first, sql: 'CREATE TABLE a (height INTEGER)' }).close();
    const bytes = readFileSync(file);
    bytes.write('heighu', bytes.indexOf('height'));
    writeFileSync(file, bytes);
    expect(() => open(file, first)).toThrow(CorruptDatabase);
  });

  it('calls a text file damaged', () => {
    const file = join(tempFolder(), 'a.sqlite');
    writeFileSync(file, 'This is no database, but it is longer than the header of one. '.repeat(20));
    expect(() => open(file, first)).toThrow(CorruptDatabase);
  });

  it('names a folder that stands in the way', () => {
    const dir = tempFolder();
    expect(() => open(dir, first)).toThrow(expect.objectContaining({ code: 'cache-unusable' }));
  });
});

describe('a file lock', () => {
  it('has one holder at a time and leaves the file empty', () => {
    const path = join(tempFolder(), 'a.lock');
    const take = () => lockFile(path, { waitMs: 0, doing: 'trying' });
    const lock = take();
    expect(lock).not.toBeNull();
    expect(take()).toBeNull();
    lock?.release();
    const again = take();
    expect(again).not.toBeNull();
    again?.release();
    expect(statSync(path).size).toBe(0);
  });

  it('is not hindered by rubbish in the file', () => {
    const path = join(tempFolder(), 'a.lock');
    writeFileSync(path, 'rubbish '.repeat(300));
    const lock = lockFile(path, { waitMs: 0, doing: 'trying' });
    expect(lock).not.toBeNull();
    expect(lockFile(path, { waitMs: 0, doing: 'trying' })).toBeNull();
    lock?.release();
  });
});

describe('query plans', () => {
  const plan = (db: Db, sql: string): string => {
    const blanks = Array(sql.split('?').length - 1).fill(0);
    const rows = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...blanks);
    return rows.map(({ detail }) => detail).join('; ');
  };
  const inMemory = (...migrations: Migration[]) =>
    openDatabase(join(tempFolder(), 'plan.sqlite'), { migrations, label: 'the trial' });

  it.each([
    ['find', ARTEFACT_SQL.find, /SEARCH a USING INDEX sqlite_autoindex_artefacts_1 \(key=\?\)/],
    ['page', ARTEFACT_SQL.page, /SEARCH a USING INTEGER PRIMARY KEY \(rowid>\?\)/],
    ['content', ARTEFACT_SQL.content, /SEARCH contents USING INTEGER PRIMARY KEY/],
    [
      'has',
      ARTEFACT_SQL.has,
      /SEARCH artefacts USING COVERING INDEX sqlite_autoindex_artefacts_1 \(key=\?\)/,
    ],
    ['older', ARTEFACT_SQL.older, /SEARCH artefacts USING INDEX sqlite_autoindex_artefacts_1/],
    ['touch', ARTEFACT_SQL.touch, /SEARCH artefacts USING INDEX sqlite_autoindex_artefacts_1/],
    ['oldest', ARTEFACT_SQL.oldest, /SCAN artefacts USING INDEX artefacts_used/],
    ['group', ARTEFACT_SQL.group, /SEARCH groups USING COVERING INDEX sqlite_autoindex_groups_1/],
    ['pruned', OLDEST_QUERY, /SEARCH artefacts USING INDEX artefacts_used \(used<\?\)/],
    ['kind pruned', OLDEST_OF_KIND_QUERY, /INDEX artefacts_kind \(kind=\? AND used<\?\)/],
    ['kinds', KINDS_QUERY, /SCAN artefacts USING COVERING INDEX artefacts_kind/],
    ['digest', DIGEST_QUERY, /SEARCH file_digests USING PRIMARY KEY \(path=\?\)/],
  ])('%s searches an index and sorts nothing', (_, sql, expected) => {
    const db = inMemory(...ARTEFACT_MIGRATIONS);
    expect(plan(db, sql)).toMatch(expected);
    expect(plan(db, sql)).not.toMatch(/TEMP B-TREE/);
    db.close();
  });

  it('ls never reads the pictures', () => {
    const db = inMemory(...ARTEFACT_MIGRATIONS);
    expect(plan(db, LS_QUERY)).not.toMatch(/contents/);
    expect(plan(db, LS_QUERY)).toMatch(/artefacts_group|PRIMARY KEY/);
    db.close();
  });

  it.each([
    ['get', JOB_SQL.get, /SEARCH jobs USING INDEX sqlite_autoindex_jobs_1/],
    ['progress', JOB_SQL.progress, /SEARCH jobs USING INDEX sqlite_autoindex_jobs_1/],
    ['unfinished', JOB_SQL.unfinished, /SEARCH jobs USING INDEX jobs_state/],
  ])('of jobs: %s searches an index', (_, sql, expected) => {
    const db = inMemory(jobs, desktopQueue, oneTable);
    expect(plan(db, sql)).toMatch(expected);
    db.close();
  });
});
