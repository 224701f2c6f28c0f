/** Takes that are deleted: by proof only, back by undo or after a crash. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ProjectSession } from '../../src/main/engine/project/session.ts';
import { TakeTrash } from '../../src/main/engine/project/trash.ts';
import { clipRefOf, withClip, writeTake } from '../helpers/project.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

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
