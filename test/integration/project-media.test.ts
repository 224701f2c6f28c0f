/** The media of a project: found again when they moved, collected into one folder, and never what it does not own. */
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { produce } from 'immer';
import { expect, test } from 'vitest';
import { NEW_MASK } from '../../src/common/masks/mask.ts';
import { filesIn } from '../../src/common/settings/files.ts';
import { ProjectSession } from '../../src/main/engine/project/session.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

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

test('files that a shot names beside its clip move with the folder, and so do those of its takes', async () => {
  const folder = tempFolder();
  const home = join(folder, 'home');
  mkdirSync(home);
  const clip = await clipRefOf(join(folder, 'a.mov'));
  const parts = ['home/matte.mov', 'matte.mov'].map((name) => ({
    ...{ id: name, mode: 'add' as const, kind: 'matte' as const, path: join(folder, name) },
    ...{ channel: 'luma' as const, offset: 0 },
  }));
  const masked = produce(withClip(clip, join(home, 'take.mov')), (draft) => {
    const { settings } = draft.takes['take-1']!;
    settings.guide.mask = { ...NEW_MASK, parts };
    for (const item of draft.timeline) if (item.kind === 'shot') item.settings = settings;
  });
  const session = new ProjectSession();
  const { path } = await session.create(join(home, 'p.retake'), 'p');
  await session.save(masked);
  const filed = masked.takes['take-1']!;
  const { name: _, rating: __, ...take } = filed;
  session.file(session.ref!, { ...take, id: 'take-2' });
  await session.close();
  renameSync(home, join(folder, 'elsewhere'));
  const { document } = await session.open(path.replace('home', 'elsewhere'));
  const [shot] = document.timeline;
  const { 'take-1': first, 'take-2': second } = document.takes;
  for (const one of [shot, first, second]) {
    const settings = one && 'settings' in one ? one.settings : {};
    expect(filesIn(settings).map((file) => file.path)).toEqual([
      join(folder, 'elsewhere', 'matte.mov'),
      join(folder, 'matte.mov'),
    ]);
  }
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
