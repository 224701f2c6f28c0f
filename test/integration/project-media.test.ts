/** The media of a project: found again when they moved, collected into one folder, and never what it does not own. */
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { produce } from 'immer';
import { expect, test } from 'vitest';
import { type Mask, NEW_MASK } from '../../src/common/masks/mask.ts';
import { relinkFile } from '../../src/common/project/edits-settings.ts';
import { filesIn } from '../../src/common/settings/files.ts';
import { fingerprintOf } from '../../src/main/engine/media/fingerprint.ts';
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
  const { name: _, rating: __, note: ___, ...take } = filed;
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

/** A project whose shot has a matte, and a picture for a frame, and whose take was made with the matte. */
async function withNamed(folder: string) {
  mkdirSync(join(folder, 'cards'));
  const at = (name: string) => join(folder, 'cards', name);
  for (const name of ['a.mov', 'm.001.png', 'm.002.png', 'p.png']) writeFileSync(at(name), name);
  writeFileSync(join(folder, 'A.mov'), 'take');
  const [matte, picture] = [at('m.###.png'), at('p.png')];
  const chosen = async (path: string) => ({ path, fingerprint: await fingerprintOf(path) });
  const part = { id: 'm', mode: 'add' as const, kind: 'matte' as const, channel: 'luma' as const, offset: 0 };
  const parts: Mask['parts'] = [
    { ...part, ...(await chosen(matte)) },
    { id: 's', mode: 'add', kind: 'segmenter', model: at('network') },
  ];
  const pictures = [
    { frame: 2, at: 0, ...(await chosen(picture)) },
    { frame: 3, at: 1, path: join(folder, 'A.mov') },
  ];
  mkdirSync(at('network'));
  const document = produce(withClip(await clipRefOf(at('a.mov')), join(folder, 'A.mov')), (draft) => {
    const [shot] = draft.timeline;
    if (shot?.kind !== 'shot') throw new Error('the first one is a shot');
    shot.settings = {
      ...shot.settings,
      guide: { ...shot.settings.guide, pictures, mask: { ...NEW_MASK, parts } },
    };
    draft.takes['take-1']!.settings = shot.settings;
  });
  const session = new ProjectSession();
  await session.create(join(folder, 'p.retake'), 'p');
  await session.save(document);
  return { session, document, matte, picture, network: at('network') };
}

const namedIn = (one: object | undefined) =>
  filesIn(one && 'settings' in one ? (one.settings as object) : {}).map(({ path }) => path);

test('files that a shot names are collected with its clip; models stay where they are', async () => {
  const folder = tempFolder();
  const { session, document, matte, network } = await withNamed(folder);
  const { path } = await session.collect(join(folder, 'out'));
  await session.close();
  renameSync(join(folder, 'out'), join(folder, 'moved'));
  const opened = await session.open(path.replace('out', 'moved'));
  expect(opened.missing).toEqual([]);
  for (const one of [opened.document.timeline[0], opened.document.takes['take-1']]) {
    const [sequence, model, picture, take] = namedIn(one);
    expect(model).toBe(network);
    expect(take).toBe(opened.document.takes['take-1']!.path);
    for (const file of [sequence!, picture!])
      expect(file.startsWith(join(folder, 'moved', 'clips'))).toBe(true);
    expect(await fingerprintOf(sequence!)).toEqual(await fingerprintOf(matte));
    expect(readFileSync(picture!, 'utf8')).toBe('p.png');
  }
  await session.close();

  // Whoever sends a project names what he likes: only what was chosen here, as it was, is handed on.
  writeFileSync(join(folder, 'secret'), 'key');
  await session.open(join(folder, 'p.retake'));
  for (const fingerprint of [undefined, { bytes: 3, digest: 'guessed' }]) {
    const sly = produce(document, (draft) => {
      const [shot] = draft.timeline;
      const [first] = shot?.kind === 'shot' ? shot.settings.guide.pictures : [];
      Object.assign(first!, { path: join(folder, 'secret'), fingerprint });
    });
    await session.save(sly);
    await expect(session.collect(join(folder, 'again'))).rejects.toMatchObject({ code: 'clip-unreadable' });
    expect(existsSync(join(folder, 'again', 'clips', 'secret'))).toBe(false);
  }
  await session.close();
});

test('files that a shot names are missed like clips, and found again', async () => {
  const folder = tempFolder();
  const { session, matte, picture, network } = await withNamed(folder);
  await session.close();
  mkdirSync(join(folder, 'attic'));
  for (const name of ['m.001.png', 'm.002.png', 'p.png', 'network'])
    renameSync(join(folder, 'cards', name), join(folder, 'attic', name));
  const { document, missing } = await session.open(join(folder, 'p.retake'));
  const [foundMatte, foundPicture] = [join(folder, 'attic', 'm.###.png'), join(folder, 'attic', 'p.png')];
  expect(missing).toEqual([
    { clipId: null, path: matte, network: null, foundAt: foundMatte },
    { clipId: null, path: network, network: null, foundAt: null },
    { clipId: null, path: picture, network: null, foundAt: foundPicture },
  ]);
  const found = produce(document, (draft) => relinkFile(draft, matte, foundMatte));
  for (const one of [found.timeline[0], found.takes['take-1']]) {
    expect(namedIn(one)).toEqual([foundMatte, network, picture, join(folder, 'A.mov')]);
  }
  await session.close();

  // One that is there, on a server that is new here, is not looked at.
  const take = join(folder, 'A.mov');
  const wary = new ProjectSession({ allows: async (path) => path !== take });
  const opened = await wary.open(join(folder, 'p.retake'));
  expect(opened.missing).toContainEqual({ clipId: null, path: take, network: null, foundAt: null });
  await wary.close();
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
