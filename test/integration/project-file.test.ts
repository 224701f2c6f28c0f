import { fork } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyProject } from '../../src/common/project/document.ts';
import { createProject, openProject, PROJECT_MIGRATIONS } from '../../src/main/engine/project/file.ts';
import { REVISIONS_KEPT } from '../../src/main/engine/project/revisions.ts';
import { ProjectSession } from '../../src/main/engine/project/session.ts';
import { openDatabase } from '../../src/main/engine/storage/db.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
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
  await expect(session.saveAs(join(folder, 'taken.retake'))).rejects.toMatchObject({ code: 'project-busy' });
  const saved = await session.saveAs(join(folder, 'sub', 'b.retake'));
  expect(saved.document.name).toBe('b');
  await session.save({ ...saved.document, provider: 'cpu' });
  await session.close();
  expect((await session.open(join(folder, 'a.retake'))).document).toEqual(document);
  expect((await session.open(join(folder, 'sub', 'b.retake'))).document.provider).toBe('cpu');
  await session.close();
  await other.close();
});

test('a document that is no document is refused and the last good one stays', async () => {
  const session = new ProjectSession();
  const { path } = await session.create(join(tempFolder(), 'a.retake'), 'a');
  await expect(session.save({ name: 1 } as never)).rejects.toThrow(/not valid/);
  await session.close();
  expect((await session.open(path)).document.name).toBe('a');
  await session.close();
  await expect(session.save(emptyProject('x'))).rejects.toMatchObject({ code: 'usage' });
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
  expect(opened.missing).toEqual([{ clipId: clip.id, path: original, foundAt: join(near, 'renamed.mov') }]);
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
  const write = () => {
    writeFileSync(take, 'take');
    writeFileSync(join(folder, 'Shot 1.report.json'), '{}');
  };
  write();
  const session = new ProjectSession();
  await session.create(join(folder, 'p.retake'), 'p');
  await session.save(withClip(await clipRefOf(take, { id: 'clip-1' }), take));
  const undo = await session.trash.delete(take);
  expect(existsSync(take)).toBe(false);
  expect(await session.trash.restore(undo)).toBe(take);
  expect(readdirSync(folder).sort()).toEqual([
    '.p.retake.lock',
    'Shot 1.mov',
    'Shot 1.report.json',
    'p.retake',
  ]);

  // Another session's trash stands for one that crashed before its project was saved.
  await new ProjectSession().trash.delete(take);
  await session.open(join(folder, 'p.retake'));
  expect(readFileSync(take, 'utf8')).toBe('take');

  const gone = await session.trash.delete(take);
  write();
  await expect(session.trash.restore(gone)).rejects.toMatchObject({ code: 'output-unwritable' });
  await session.close();
  expect(existsSync(gone)).toBe(false);
  expect(existsSync(join(folder, '.retake-trash'))).toBe(false);
  await expect(session.trash.restore(gone)).rejects.toMatchObject({ code: 'output-unwritable' });
});
