/** Takes that other machines made come home: each once, whatever is damaged, away or killed meanwhile. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kinds } from '../../src/main/engine/artefacts/kinds.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { writeArtefacts } from '../../src/main/engine/farm/artefact-folder.ts';
import { farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { CollectedTakes } from '../../src/main/engine/queue/collected.ts';
import { tempFolder } from '../helpers/clips.ts';
import { type Desk, startDesk } from '../helpers/desk.ts';
import { attemptIn, bringToFolder, makeJobFolder } from '../helpers/farm-folder.ts';

const SHOTS = ['Jeep', 'Tree', 'House'];
const temp = tempFolder();
let turn = 0;
let dir: string;
let folder: string;
let takes: string;
let film: { id: string; path: string };
let desk: Desk;

beforeEach(async () => {
  dir = temp.at(`world ${turn++}`);
  mkdirSync(dir);
  [folder, takes] = [join(dir, 'job'), join(dir, 'film takes')];
  desk = startDesk(join(dir, 'home'));
  const { id, path } = await desk.call['project.create']({ path: join(dir, 'film.retake'), name: 'film' });
  film = { id, path };
  makeJobFolder({ folder, project: film, takesFolder: takes, shots: SHOTS });
});

afterEach(() => desk.stop());

const collect = () => desk.call['farm.collect']({ folder });
const contents = () =>
  Object.fromEntries(
    readdirSync(takes)
      .filter((name) => !name.endsWith('.json'))
      .map((name) => [name, readFileSync(join(takes, name), 'utf8')]),
  );
/** What the project's file has of takes, as the window gets it. */
async function takesOf(path = film.path) {
  await desk.call['project.close'](null);
  const { document } = await desk.call['project.open']({ path });
  return Object.values(document.takes).map(({ shotId, path }) => [shotId, path]);
}

describe('takes', () => {
  test('come home as they are ready, each once', async () => {
    await bringToFolder(folder, 2);
    const first = await collect();
    expect(first).toMatchObject({ before: 0, missing: [1, 3], refused: [], unfiled: [] });
    expect(first.takes).toEqual([{ shot: 2, name: 'Tree', path: join(takes, 'Tree 1.mov') }]);
    await bringToFolder(folder, 1);
    await bringToFolder(folder, 3);
    expect(await collect()).toMatchObject({ before: 1, missing: [], takes: [{ shot: 1 }, { shot: 3 }] });
    expect(await collect()).toMatchObject({ before: 3, missing: [], takes: [] });
    expect(contents()).toEqual({
      'Jeep 1.mov': 'the take of shot 1',
      'Tree 1.mov': 'the take of shot 2',
      'House 1.mov': 'the take of shot 3',
    });
    const report = JSON.parse(readFileSync(join(takes, 'Tree 1.report.json'), 'utf8'));
    expect(report).toMatchObject({ job: 'abcdefghjk-2', take: { path: join(takes, 'Tree 1.mov') } });
    expect(report.settings.output.path).toBe(join(takes, 'Tree 1.mov'));
    expect((await takesOf()).toSorted()).toEqual([
      ['shot-1', join(takes, 'Jeep 1.mov')],
      ['shot-2', join(takes, 'Tree 1.mov')],
      ['shot-3', join(takes, 'House 1.mov')],
    ]);
  });

  test('tell the window, and are rows of the queue that are done', async () => {
    await bringToFolder(folder, 1);
    await collect();
    expect(desk.events.filter(({ kind }) => kind === 'take')).toMatchObject([
      { label: 'Jeep', project: { id: film.id }, take: { id: 'abcdefghjk-1', shotId: 'shot-1' } },
    ]);
    expect((await desk.call['queue.list'](null)).entries).toMatchObject([
      { id: 'abcdefghjk-1', label: 'Jeep', state: 'done', filed: true },
    ]);
  });

  test('that were cleared from the queue, or deleted by the artist, do not come again', async () => {
    await bringToFolder(folder, 1);
    const [take] = (await collect()).takes;
    await desk.call['queue.clear'](null);
    rmSync(take!.path);
    expect(await collect()).toMatchObject({ takes: [], before: 1 });
    expect(contents()).toEqual({});
  });

  test('go under the next free name, pictures too', async () => {
    mkdirSync(takes);
    writeFileSync(join(takes, 'Jeep 1.mov'), 'another');
    await bringToFolder(folder, 1);
    expect((await collect()).takes).toMatchObject([{ path: join(takes, 'Jeep 2.mov') }]);
    expect(contents()).toEqual({ 'Jeep 1.mov': 'another', 'Jeep 2.mov': 'the take of shot 1' });

    const pictures = join(dir, 'pictures');
    mkdirSync(join(takes, 'Jeep 3'));
    makeJobFolder({
      folder: pictures,
      project: film,
      takesFolder: takes,
      shots: ['Jeep'],
      id: 'pictures12',
      format: 'png',
    });
    await bringToFolder(pictures, 1, ['one', 'two']);
    const { takes: brought } = await desk.call['farm.collect']({ folder: pictures });
    expect(brought).toMatchObject([{ path: join(takes, 'Jeep 1') }]);
    mkdirSync(join(takes, 'Tree 1'));
    const again = join(dir, 'again');
    makeJobFolder({
      folder: again,
      project: film,
      takesFolder: takes,
      shots: ['Tree'],
      id: 'pictures34',
      format: 'png',
    });
    await bringToFolder(again, 1, ['one', 'two']);
    expect((await desk.call['farm.collect']({ folder: again })).takes).toMatchObject([
      { path: join(takes, 'Tree 2') },
    ]);
    expect(readdirSync(join(takes, 'Tree 2')).toSorted()).toEqual(['Tree 2.1001.png', 'Tree 2.1002.png']);
  });

  test('go on where whoever brought them was killed: under the promised name, copied once', async () => {
    await bringToFolder(folder, 1);
    await bringToFolder(folder, 2);
    mkdirSync(takes);
    const collected = new CollectedTakes(desk.store);
    collected.promise('abcdefghjk-1', join(takes, 'Jeep 7.mov'));
    writeFileSync(join(takes, 'Jeep 7.mov'), 'the take of shot 1');
    // Somebody else took the name before a byte of this one was there.
    collected.promise('abcdefghjk-2', join(takes, 'Tree 1.mov'));
    writeFileSync(join(takes, 'Tree 1.mov'), 'another');
    await collect();
    expect(contents()).toEqual({
      'Jeep 7.mov': 'the take of shot 1',
      'Tree 1.mov': 'another',
      'Tree 2.mov': 'the take of shot 2',
    });
  });

  test('of a project that is away wait, and reach it where it is opened next', async () => {
    await bringToFolder(folder, 1);
    await desk.call['project.close'](null);
    const moved = join(dir, 'renamed.retake');
    renameSync(film.path, moved);
    const { unfiled, takes: brought } = await collect();
    expect(unfiled).toEqual(['Jeep waits for its project']);
    expect(brought).toHaveLength(1);
    expect(await takesOf(moved)).toEqual([['shot-1', join(takes, 'Jeep 1.mov')]]);
    expect(await collect()).toMatchObject({ takes: [], before: 1 });
  });

  test('do not come to a machine that does not have their place, unless another is named', async () => {
    const far = join(dir, 'far');
    const project = { id: 'p', path: '/volumes/none/film.retake' };
    makeJobFolder({
      folder: far,
      project,
      takesFolder: '/volumes/none/film takes',
      shots: ['Jeep'],
      id: 'faraway123',
    });
    await bringToFolder(far, 1);
    await expect(desk.call['farm.collect']({ folder: far })).rejects.toThrow(
      '/volumes/none is not on this machine',
    );
    const here = join(dir, 'here');
    const { takes: brought } = await desk.call['farm.collect']({ folder: far, takesFolder: here });
    expect(brought).toMatchObject([{ path: join(here, 'Jeep 1.mov') }]);
  });

  test('come home from a folder that cannot be written to', async () => {
    await bringToFolder(folder, 1);
    cpSync(folder, join(dir, 'copy'), { recursive: true });
    for (const one of [folder, join(folder, 'shots'), farmPaths.shot(folder, 1)]) chmodSync(one, 0o555);
    expect((await collect()).takes).toHaveLength(1);
    for (const one of [folder, join(folder, 'shots'), farmPaths.shot(folder, 1)]) chmodSync(one, 0o755);
    // A copy of the folder is the same job.
    expect(await desk.call['farm.collect']({ folder: join(dir, 'copy') })).toMatchObject({
      takes: [],
      before: 1,
    });
  });
});

describe('what is not as its machine wrote it', () => {
  const damages: readonly (readonly [string, (take: string) => void])[] = [
    ['other bytes', (take) => writeFileSync(join(take, 'Jeep 1.mov'), 'THE take of shot 1')],
    ['a take cut short', (take) => writeFileSync(join(take, 'Jeep 1.mov'), 'the ta')],
    ['no take', (take) => rmSync(join(take, 'Jeep 1.mov'))],
    ['no report', (take) => rmSync(join(take, 'Jeep 1.report.json'))],
    ['another report', (take) => writeFileSync(join(take, 'Jeep 1.report.json'), '{}')],
    ['a list that is none', (take) => writeFileSync(join(take, 'take.json'), '{"format":')],
    [
      'a list that leads out of the folder',
      (take) => {
        const list = readFileSync(join(take, 'take.json'), 'utf8');
        writeFileSync(join(take, 'take.json'), list.replaceAll('Jeep 1.mov', '../../../job.json'));
      },
    ],
    [
      'another request',
      (take) => {
        const request = readFileSync(join(take, '..', 'request.json'), 'utf8');
        writeFileSync(join(take, '..', 'request.json'), request.replace('a red car', 'a blue car'));
      },
    ],
    ['no request', (take) => rmSync(join(take, '..', 'request.json'))],
  ];
  test.each(damages)('%s: is named and left, and the others come', async (_what, damage) => {
    await bringToFolder(folder, 1);
    await bringToFolder(folder, 2);
    damage(farmPaths.take(folder, 1));
    const said = await collect();
    expect(said.takes).toMatchObject([{ shot: 2 }]);
    expect(said.refused).toHaveLength(1);
    expect(said.refused[0]).toMatch(/^Jeep: /);
    expect(contents()).toEqual({ 'Tree 1.mov': 'the take of shot 2' });
    expect(existsSync(farmPaths.take(folder, 1))).toBe(true);
  });

  test('artefacts: what proves to be what it is goes into the cache', async () => {
    using other = new ArtefactStoreBeside(join(dir, 'other.sqlite'));
    const names = { name: 'frame 0', psnr: null, clip: 'c', bundle: 'b', prompt: '', settings: '' };
    for (const key of ['one', 'two']) {
      const value = { shape: [2], data: Float32Array.of(1, key.length) };
      other.store.put(kinds.latents, key, value as never, names);
    }
    await writeArtefacts(join(farmPaths.artefacts(folder, 1), 'render'), other.store, ['one']);
    await writeArtefacts(join(farmPaths.artefacts(folder, 1), '1-2'), other.store, ['two']);
    await writeArtefacts(join(farmPaths.artefacts(folder, 2), '.half.attempt'), other.store, ['two']);
    const bytes = join(farmPaths.artefacts(folder, 1), '1-2', 'contents');
    const content = readFileSync(bytes);
    content[0]! ^= 1;
    writeFileSync(bytes, content);
    mkdirSync(join(farmPaths.artefacts(folder, 3), 'empty'));
    const { artefacts, refused } = await collect();
    expect(artefacts).toMatchObject({ added: 1, known: 0 });
    expect(refused).toHaveLength(2);
    expect(refused[0]).toBe('Jeep: frame 0 in 1-2 is damaged');
    expect(refused[1]).toMatch(/^House: reading empty: /);
    expect((await collect()).artefacts).toMatchObject({ added: 0, known: 1 });
  });

  test.each([
    ['no job', (where: string) => rmSync(farmPaths.job(where)), /is not there, or is no job/],
    [
      'a damaged job',
      (where: string) => writeFileSync(farmPaths.job(where), '{"format":2}'),
      /damaged, or another version/,
    ],
    [
      'a folder that is a file',
      (where: string) => {
        rmSync(where, { recursive: true });
        writeFileSync(where, '');
      },
      /is not there, or is no job/,
    ],
  ] as const)('a folder with %s', async (_what, damage, words) => {
    damage(folder);
    for (const name of ['farm.status', 'farm.collect', 'farm.cancel', 'farm.again'] as const)
      await expect(desk.call[name]({ folder })).rejects.toThrow(words);
  });
});

test('the folder says where each shot stands', async () => {
  attemptIn(folder, 1, 'a', {
    state: 'failed',
    error: { line: 'the disk is full', hint: 'Make room.', again: true },
  });
  attemptIn(folder, 1, 'b', { state: 'running', host: 'n2', updatedAt: Date.now() + 1000 });
  attemptIn(folder, 2, 'a', {
    state: 'failed',
    error: { line: 'the clip was changed', hint: '', again: false },
  });
  const status = await desk.call['farm.status']({ folder });
  expect(status).toMatchObject({ name: 'A film', driver: null, state: 'running', project: { name: 'film' } });
  expect(status.words).toBe('0 of 3 takes, 1 running, 1 failed');
  expect(status.shots).toMatchObject([
    { state: 'running', host: 'n2', fraction: 0.5, doing: 'rendering 3/6', attempts: 2, error: null },
    { state: 'failed', attempts: 1, error: { line: 'the clip was changed' }, lines: ['a line'] },
    { state: 'waiting', host: null, attempts: 0 },
  ]);
  for (const number of [1, 2, 3]) await bringToFolder(folder, number);
  expect(await desk.call['farm.status']({ folder })).toMatchObject({ state: 'done', words: '3 of 3 takes' });
  await collect();
  const { shots } = await desk.call['farm.status']({ folder });
  expect(shots.map(({ state }) => state)).toEqual(['collected', 'collected', 'collected']);
});

class ArtefactStoreBeside implements Disposable {
  readonly store: ArtefactStore;

  constructor(file: string) {
    this.store = new ArtefactStore(file, { limitBytes: 1e8, onWarning: () => {} });
  }

  [Symbol.dispose](): void {
    this.store.close();
  }
}
