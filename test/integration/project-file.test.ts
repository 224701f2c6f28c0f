import { fork } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyProject } from '../../src/common/project/document.ts';
import { PROJECT_MIGRATIONS } from '../../src/main/engine/project/database.ts';
import { createProject, openProject } from '../../src/main/engine/project/file.ts';
import { REVISIONS_KEPT } from '../../src/main/engine/project/revisions.ts';
import { ProjectSession } from '../../src/main/engine/project/session.ts';
import { openDatabase } from '../helpers/open-database.ts';
import { clipRefOf, withClip, writeTake } from '../helpers/project.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

function saved(folder: string, names: readonly string[]): string {
  const path = join(folder, 'film 🎬.retake');
  const file = createProject(path, emptyProject('zero'));
  for (const name of names) file.save(emptyProject(name));
  file.close();
  return path;
}

/** Overwrites every occurrence of a text in a file, as a bad sector would. */
function damage(path: string, text: string): void {
  const bytes = readFileSync(path);
  const wanted = Buffer.from(text);
  let hits = 0;
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
    bytes.fill(0x58, at, at + wanted.length);
    hits += 1;
  }
  expect(hits).toBeGreaterThan(0);
  writeFileSync(path, bytes);
}

test('what was saved last comes back, as one file without sidecars', () => {
  const folder = tempFolder();
  const path = saved(folder, ['one', 'two']);
  const { file, document, recovered } = openProject(path);
  expect(document.name).toBe('two');
  expect(recovered).toBeNull();
  file.save(emptyProject('three'));
  copyFileSync(path, join(folder, 'copy.retake'));
  const copy = openProject(join(folder, 'copy.retake'));
  expect(copy.document.name).toBe('three');
  copy.file.close();
  file.close();
  expect(readdirSync(folder).sort()).toEqual(['copy.retake', 'film 🎬.retake']);
});

test('a bounded number of states is kept', () => {
  const names = Array.from({ length: REVISIONS_KEPT * 2 }, (_, i) => `state ${i}`);
  const path = saved(tempFolder(), names);
  const db = openDatabase(path, { label: 'the project', migrations: PROJECT_MIGRATIONS });
  expect(db.prepare('SELECT count(*) FROM revisions').pluck().get()).toBe(REVISIONS_KEPT);
  db.close();
});

test('a damaged newest state gives way to the one before; the damaged file is kept', () => {
  const folder = tempFolder();
  const path = saved(folder, ['older', 'newer', 'newest-of-all']);
  damage(path, 'newest-of-all');
  const { file, document, recovered } = openProject(path);
  expect(document.name).toBe('newer');
  expect(recovered).toMatch(/damaged.*Later changes are lost.*kept as film 🎬\.damaged-/);
  file.close();
  expect(readdirSync(folder).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
  const again = openProject(path);
  expect(again).toMatchObject({ document: { name: 'newer' }, recovered: null });
  again.file.close();
});

test('a file whose structure is damaged is read row by row', () => {
  const path = saved(tempFolder(), ['older', 'newest']);
  const bytes = readFileSync(path);
  // Page 2 onwards in turn: at least one of them must break the structure and still leave a state to read.
  const pageSize = bytes.readUInt16BE(16);
  const outcomes = new Set<string>();
  for (let page = 1; page * pageSize < bytes.length; page += 1) {
    const broken = Buffer.from(bytes);
    broken.fill(0xff, page * pageSize, page * pageSize + 64);
    const victim = join(tempFolder(), 'broken.retake');
    writeFileSync(victim, broken);
    try {
      const { file, document, recovered } = openProject(victim);
      expect(['older', 'newest', 'zero']).toContain(document.name);
      outcomes.add(recovered === null ? 'whole' : 'recovered');
      file.close();
    } catch (error) {
      expect(error).toMatchObject({ code: 'project-unreadable' });
      // Opening counts in the file's header and changes nothing else.
      expect(readFileSync(victim).subarray(100).equals(broken.subarray(100))).toBe(true);
      outcomes.add('lost');
    }
  }
  expect(outcomes).toContain('recovered');
});

test('rubbish, empty and missing files are refused and left alone', () => {
  const folder = tempFolder();
  const path = join(folder, 'x.retake');
  expect(() => openProject(path)).toThrow(expect.objectContaining({ code: 'project-unreadable' }));
  writeFileSync(path, 'x'.repeat(9000));
  expect(() => openProject(path)).toThrow(expect.objectContaining({ code: 'project-unreadable' }));
  expect(readFileSync(path, 'utf8')).toBe('x'.repeat(9000));
  truncateSync(path, 0);
  expect(() => openProject(path)).toThrow(/empty/);
});

test('a project from the future is refused and not changed', () => {
  const path = saved(tempFolder(), ['one']);
  const later = {
    version: PROJECT_MIGRATIONS.length + 1,
    name: 'later',
    sql: 'CREATE TABLE later (x INTEGER) STRICT;',
  };
  openDatabase(path, { label: 'the project', migrations: [...PROJECT_MIGRATIONS, later] }).close();
  expect(() => openProject(path)).toThrow(
    expect.objectContaining({ code: 'project-unreadable', hint: 'Update Retake.' }),
  );
});

test('a second process cannot open it; after the first is killed it can', async () => {
  const path = saved(tempFolder(), ['one']);
  const holder = fork(new URL('./project-holder.ts', import.meta.url), [path], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await new Promise((resolve) => holder.once('message', resolve));
  expect(() => openProject(path)).toThrow(expect.objectContaining({ code: 'project-busy' }));
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await gone;
  const { file, document } = openProject(path);
  expect(document.name).toBe('held');
  file.close();
});

test('save as goes on in the new file and refuses one that is open', async () => {
  const folder = tempFolder();
  const session = new ProjectSession();
  const other = new ProjectSession();
  const { document } = await session.create(join(folder, 'a.retake'), 'a');
  await other.create(join(folder, 'taken.retake'), 'taken');
  await expect(session.saveAs(join(folder, 'taken.retake'), document)).rejects.toMatchObject({
    code: 'project-busy',
  });
  const saved = await session.saveAs(join(folder, 'sub', 'b.retake'), document);
  expect(saved.document.name).toBe('b');
  await session.save({ ...saved.document, provider: 'cpu' });
  await session.close();
  expect((await session.open(join(folder, 'a.retake'))).document).toEqual(document);
  expect((await session.open(join(folder, 'sub', 'b.retake'))).document.provider).toBe('cpu');
  await session.close();
  await other.close();
});

test('nothing is saved where no project is open', async () => {
  const session = new ProjectSession();
  await session.create(join(tempFolder(), 'a.retake'), 'a');
  await session.close();
  await expect(session.save(emptyProject('x'))).rejects.toMatchObject({ code: 'usage' });
});

describe('a project that cannot be opened or made leaves the one that is open as it is', () => {
  /** A project with a take, which has just been deleted. */
  async function working() {
    const folder = tempFolder();
    const take = join(folder, 'Shot 1.mov');
    writeTake(take);
    const session = new ProjectSession();
    const opened = await session.create(join(folder, 'p.retake'), 'p');
    const document = withClip(await clipRefOf(take), take);
    await session.save(document);
    const undo = await session.deleteTake(take);
    return { folder, take, session, opened, document, undo };
  }
  type Working = Awaited<ReturnType<typeof working>>;

  const failures: Record<string, (one: Working) => Promise<unknown>> = {
    'a file that is not there': ({ session, folder }) => session.open(join(folder, 'none.retake')),
    'a folder': ({ session, folder }) => session.open(folder),
    'an empty file': ({ session, folder }) => {
      writeFileSync(join(folder, 'empty.retake'), '');
      return session.open(join(folder, 'empty.retake'));
    },
    rubbish: ({ session, folder }) => {
      writeFileSync(join(folder, 'x.retake'), 'x'.repeat(9000));
      return session.open(join(folder, 'x.retake'));
    },
    'one that is open elsewhere': async ({ session, folder }) => {
      const other = new ProjectSession();
      await other.create(join(folder, 'other.retake'), 'other');
      return session.open(join(folder, 'other.retake')).finally(() => other.close());
    },
    'a new one where a file has the name of its folder': ({ session, take, folder }) => {
      writeFileSync(join(folder, 'file'), '');
      return session.create(join(folder, 'file', 'new.retake'), 'new').catch((error) => {
        expect(error.message).not.toMatch(/E[A-Z]{4}/);
        expect(existsSync(take)).toBe(false);
        throw error;
      });
    },
    'a new one in the place of the open one': ({ session, opened }) => session.create(opened.path, 'new'),
    'a new one in the place of one that is open elsewhere': async ({ session, folder }) => {
      const other = new ProjectSession();
      await other.create(join(folder, 'other.retake'), 'other');
      return session.create(join(folder, 'other.retake'), 'new').finally(() => other.close());
    },
    'save as over one that is open elsewhere': async ({ session, folder, document }) => {
      const other = new ProjectSession();
      await other.create(join(folder, 'other.retake'), 'other');
      return session.saveAs(join(folder, 'other.retake'), document).finally(() => other.close());
    },
  };

  test.each(Object.keys(failures))('%s', async (name) => {
    const one = await working();
    const { session, opened, document, undo, take } = one;
    await expect(failures[name]!(one)).rejects.toMatchObject({ name: 'AppError' });
    expect(session.ref).toEqual({ id: opened.id, path: opened.path });
    await session.save({ ...document, name: 'edited since' });
    expect(await session.restoreTake(undo)).toBe(take);
    await session.close();
    expect((await session.open(opened.path)).document.name).toBe('edited since');
    await session.close();
  });
});

test('save as is the way out when the file is gone, and also where no project is open any more', async () => {
  const folder = tempFolder();
  const session = new ProjectSession();
  const { document } = await session.create(join(folder, 'a.retake'), 'a');
  const edited = { ...document, provider: 'cpu' as const };
  expect((await session.saveAs(join(folder, 'b.retake'), edited)).document.provider).toBe('cpu');
  await session.close();
  const saved = await session.saveAs(join(folder, 'c.retake'), edited);
  expect(saved.document).toMatchObject({ name: 'c', provider: 'cpu' });
  expect(session.ref?.path).toBe(join(folder, 'c.retake'));
  await session.close();
});
