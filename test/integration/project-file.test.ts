import { fork } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyProject } from '../../src/common/project/document.ts';
import { PROJECT_MIGRATIONS } from '../../src/main/engine/project/database.ts';
import { createProject, openProject } from '../../src/main/engine/project/file.ts';
import { REVISIONS_KEPT } from '../../src/main/engine/project/revisions.ts';
import { ProjectSession } from '../../src/main/engine/project/session.ts';
import { TakeTrash } from '../../src/main/engine/project/trash.ts';
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

test('paths inside the folder move with it, others stay', async () => {
  const folder = tempFolder();
  const home = join(folder, 'home');
  mkdirSync(join(home, 'media'), { recursive: true });
  writeFileSync(join(home, 'media', 'a.mov'), 'inside');
  writeFileSync(join(folder, 'b.mov'), 'outside');
  const session = new ProjectSession();
  const { path, document } = await session.create(join(home, 'p.retake'), 'p');
  const inside = await clipRefOf(join(home, 'media', 'a.mov'), { id: 'in' });
  const outside = await clipRefOf(join(folder, 'b.mov'), { id: 'out' });
  await session.save({ ...document, clips: { in: inside, out: outside }, takesFolder: join(home, 'takes') });
  await session.close();
  renameSync(home, join(folder, 'elsewhere'));
  const opened = await session.open(path.replace('home', 'elsewhere'));
  expect(opened.missing).toEqual([]);
  expect(opened.document.clips.in!.path).toBe(join(folder, 'elsewhere', 'media', 'a.mov'));
  expect(opened.document.clips.out!.path).toBe(join(folder, 'b.mov'));
  expect(opened.document.takesFolder).toBe(join(folder, 'elsewhere', 'takes'));
  await session.close();
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

test('moved clips are found near the project and below a folder', async () => {
  const folder = tempFolder();
  const near = join(folder, 'home', 'footage', 'day 1');
  const far = join(folder, 'archive', 'x', 'y', 'z', 'w');
  for (const dir of [near, far]) mkdirSync(dir, { recursive: true });
  const original = join(folder, 'home', 'a.mov');
  writeFileSync(original, Buffer.alloc(3 << 20, 7));
  const clip = await clipRefOf(original);
  const session = new ProjectSession();
  const { path, document } = await session.create(join(folder, 'home', 'p.retake'), 'p');
  await session.save({ ...document, clips: { [clip.id]: clip } });
  await session.close();

  // Same name and size, other bytes: not the clip.
  const decoy = Buffer.alloc(3 << 20, 7);
  decoy[2 << 20] = 8;
  decoy[decoy.length - 1] = 9;
  writeFileSync(join(folder, 'home', 'footage', 'a.mov'), decoy);
  renameSync(original, join(near, 'renamed.mov'));
  const opened = await session.open(path);
  expect(opened.missing).toEqual([
    { clipId: clip.id, path: original, foundAt: join(near, 'renamed.mov'), network: null },
  ]);
  await session.close();

  const { findClip } = await import('../../src/main/engine/project/relink.ts');
  renameSync(join(near, 'renamed.mov'), join(far, 'a.mov'));
  expect(await findClip(clip, join(folder, 'archive'))).toBe(join(far, 'a.mov'));
  expect(await findClip(clip, join(folder, 'archive'), { mostDepth: 2 })).toBeNull();
  expect(await findClip(clip, join(folder, 'home'))).toBeNull();
  const stop = AbortSignal.abort();
  await expect(findClip(clip, folder, { signal: stop })).rejects.toMatchObject({ name: 'Cancelled' });
});

test('collect copies everything into a folder that opens anywhere', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'cards'));
  const clipPath = join(folder, 'cards', 'a.mov');
  const takePath = join(folder, 'A.mov');
  writeFileSync(clipPath, 'clip');
  writeFileSync(takePath, 'take');
  const session = new ProjectSession();
  await session.create(join(folder, 'p.retake'), 'p');
  const clip = await clipRefOf(clipPath);
  await session.save(withClip(clip, takePath));
  const { path, bytes } = await session.collect(join(folder, 'out'));
  expect(bytes).toBe(8);
  await expect(session.collect(join(folder, 'out'))).rejects.toMatchObject({ code: 'output-unwritable' });
  await session.close();
  renameSync(join(folder, 'out'), join(folder, 'moved'));
  const opened = await session.open(path.replace('out', 'moved'));
  expect(opened.missing).toEqual([]);
  expect(readFileSync(opened.document.clips[clip.id]!.path, 'utf8')).toBe('clip');
  expect(readFileSync(opened.document.takes['take-1']!.path, 'utf8')).toBe('take');
  expect(dirname(opened.document.takes['take-1']!.path)).toBe(join(folder, 'moved', 'takes'));
  await session.close();

  await session.open(join(folder, 'p.retake'));
  renameSync(clipPath, `${clipPath}.away`);
  await expect(session.collect(join(folder, 'again'))).rejects.toMatchObject({ code: 'clip-unreadable' });
  expect(existsSync(join(folder, 'again', 'p.retake'))).toBe(false);
  await session.close();
});

test('a deleted take comes back by undo, or by opening after a crash; closing deletes it for good', async () => {
  const folder = tempFolder();
  const take = join(folder, 'Shot 1.mov');
  writeTake(take);
  const session = new ProjectSession();
  await session.create(join(folder, 'p.retake'), 'p');
  await session.save(withClip(await clipRefOf(take, { id: 'clip-1' }), take));
  const undo = await session.deleteTake(take);
  expect(existsSync(take)).toBe(false);
  expect(await session.restoreTake(undo)).toBe(take);
  const here = ['.p.retake.lock', 'Shot 1.mov', 'Shot 1.report.json', 'p.retake'];
  expect(readdirSync(folder).sort()).toEqual(here);

  // Another trash stands for a session that crashed: before its project was saved, and after.
  await new TakeTrash().delete(take);
  await session.close();
  await session.open(join(folder, 'p.retake'));
  expect(readFileSync(take, 'utf8')).toBe('take');
  const left = await new TakeTrash().delete(take);
  expect(await session.restoreTake(left)).toBe(take);

  const gone = await session.deleteTake(take);
  writeTake(take, 'new');
  await expect(session.restoreTake(gone)).rejects.toMatchObject({ code: 'output-unwritable' });
  await session.close();
  expect(existsSync(join(folder, '.retake-trash'))).toBe(false);
  await session.open(join(folder, 'p.retake'));
  await expect(session.restoreTake(gone)).rejects.toMatchObject({ code: 'output-unwritable' });
  await session.close();
});

test('a take is deleted only if this project has it and Retake wrote it, as it is now', async () => {
  const folder = tempFolder();
  const at = (name: string) => join(folder, name);
  for (const name of ['own.mov', 'other.mov', 'changed.mov', 'renamed.mov', 'linked.mov'])
    writeTake(at(name));
  writeFileSync(at('bare.mov'), 'footage');
  writeFileSync(at('changed.mov'), 'something else');
  renameSync(at('renamed.report.json'), at('renamed2.report.json'));
  renameSync(at('renamed.mov'), at('renamed2.mov'));
  renameSync(at('linked.mov'), at('target.mov'));
  symlinkSync(at('target.mov'), at('linked.mov'));
  mkdirSync(at('footage'));
  writeFileSync(join(at('footage'), 'a.mov'), 'a');
  writeFileSync(at('footage.report.json'), readFileSync(at('own.report.json')));
  const names = ['own.mov', 'bare.mov', 'changed.mov', 'renamed2.mov', 'linked.mov', 'footage', 'gone.mov'];
  const session = new ProjectSession();
  const { document } = await session.create(at('p.retake'), 'p');
  const [take] = Object.values(withClip(await clipRefOf(at('own.mov')), at('own.mov')).takes);
  const takes = Object.fromEntries(names.map((name) => [name, { ...take!, id: name, path: at(name) }]));
  await session.save({ ...document, takes });

  const before = readdirSync(folder, { recursive: true }).sort();
  for (const path of [folder, '/', '/etc/hostname', at('p.retake'), at('other.mov'), `${folder}/../x`]) {
    await expect(session.deleteTake(path)).rejects.toMatchObject({ code: 'usage' });
  }
  for (const name of names.slice(1, -1)) {
    await expect(session.deleteTake(at(name))).rejects.toMatchObject({ code: 'usage' });
  }
  await expect(session.deleteTake(at('gone.mov'))).rejects.toMatchObject({ code: 'output-unwritable' });
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
  await session.deleteTake(at('own.mov'));
  expect(existsSync(at('own.mov'))).toBe(false);
  await session.close();
});

test('a take elsewhere is not looked at unless its report proves whose it is', async () => {
  const [folder, elsewhere] = [tempFolder(), tempFolder()];
  writeTake(join(elsewhere, 'own.mov'));
  writeFileSync(join(elsewhere, 'holiday.mov'), 'private');
  writeFileSync(join(folder, 'here.mov'), 'take');
  symlinkSync(join(elsewhere, 'holiday.mov'), join(folder, 'link.mov'));
  const session = new ProjectSession();
  const { document } = await session.create(join(folder, 'p.retake'), 'p');
  const [take] = Object.values(withClip(await clipRefOf(join(folder, 'a.mov')), join(folder, 'x.mov')).takes);
  const paths = [
    join(elsewhere, 'own.mov'),
    join(elsewhere, 'holiday.mov'),
    join(folder, 'here.mov'),
    join(folder, 'link.mov'),
    join(folder, 'none.mov'),
  ];
  const takes = Object.fromEntries(paths.map((path, at) => [`${at}`, { ...take!, id: `${at}`, path }]));
  await session.save({ ...document, takes });
  const shown = await Promise.all(paths.map((path) => session.mayShow(path)));
  expect(shown).toEqual([true, false, true, false, false]);
  // What the artist imports is a clip, whatever it is.
  expect(await session.mayShow(join(elsewhere, 'clip.mov'))).toBe(true);
  await session.close();
});

test('what a project names but does not own does not leave with it', async () => {
  const folder = tempFolder();
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(folder, 'secret'), 'key');
  symlinkSync(join(folder, 'secret'), join(home, 'take.mov'));
  const session = new ProjectSession();
  const { document } = await session.create(join(home, 'p.retake'), 'p');
  const clip = await clipRefOf(join(folder, 'secret'));
  for (const bad of [
    withClip({ ...clip, fingerprint: { bytes: 3, digest: 'guessed' } }),
    { ...withClip(clip, join(folder, 'secret')) },
    { ...withClip(clip, join(home, 'take.mov')) },
  ]) {
    await session.save({ ...document, ...bad, clips: bad.takes['take-1'] ? {} : bad.clips, timeline: [] });
    await expect(session.collect(join(folder, 'out'))).rejects.toMatchObject({ name: 'AppError' });
    expect(existsSync(join(folder, 'out', 'takes', 'secret'))).toBe(false);
  }
  await session.close();
});
