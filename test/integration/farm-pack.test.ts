/** Shots of a project in a folder for other machines: what lies there, what of the desk's goes along, what is refused. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ClipRef, Shot } from '../../src/common/project/document.ts';
import { parseSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { takeIn } from '../../src/main/engine/farm/artefact-folder.ts';
import { farmJob, farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { checkTemplate } from '../../src/main/engine/farm/openjd/check.ts';
import { type PackParts, type PackRequest, packShots } from '../../src/main/engine/farm/pack.ts';
import { fingerprintOf } from '../../src/main/engine/media/fingerprint.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { clipRefOf } from '../../src/main/engine/project/clip-ref.ts';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { makeWorld, movingClip, retake, startRetake, type World } from '../helpers/cli.ts';
import { filmOfShots } from '../helpers/farm-film.ts';
import { type Short, shotWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyControlNet } from '../helpers/tiny-controlnet.ts';

const FRAMES = 6;
const probe = rememberingProbe();

let plain: World;
let depth: World;
let clip: ClipRef;

beforeAll(async () => {
  plain = await makeWorld();
  depth = await makeWorld({ kind: 'depth', depth: {} });
  clip = await clipRefOf(await probe(await movingClip(join(plain.dir, 'clip.mov'), { frames: FRAMES })));
});
afterAll(() => {
  plain[Symbol.dispose]();
  depth[Symbol.dispose]();
});

function shotOf(name: string, start: number, end: number, more: Short = {}): Shot {
  const settings = shotWith({
    ...{ sourcePrompt: 'a red car', prompt: 'a white swan', steps: 2, refinement: 0, size: 64 },
    ...more,
  });
  return {
    ...{ kind: 'shot', id: `id-${name}`, name, clipId: clip.id, start, end },
    ...{ anchors: [start], leadAnchor: start, settings, takeId: null },
  };
}

function requestOf(shots: readonly Shot[], more: Partial<PackRequest> = {}): PackRequest {
  const home = tempFolder();
  return {
    project: { id: 'p1', path: join(home, 'A film.retake') },
    shots: shots.map((shot) => ({ shot, clip })),
    bundle: plain.bundle,
    provider: 'cpu',
    takesFolder: join(home, 'takes'),
    folder: null,
    copyModels: false,
    ...more,
  };
}

function storeIn(): ArtefactStore {
  const options = { limitBytes: 1e9, onWarning: expect.unreachable };
  const store = new ArtefactStore(join(tempFolder(), 'cache.sqlite'), options);
  onTestFinished(() => store.close());
  return store;
}

const pack = (request: PackRequest, parts: Partial<PackParts> = {}) =>
  packShots(request, { cache: null, probe, ...parts });

const jobIn = (folder: string) => farmJob.parse(JSON.parse(readFileSync(farmPaths.job(folder), 'utf8')));
const requestIn = (folder: string, number: number) =>
  parseSettings(JSON.parse(readFileSync(farmPaths.request(folder, number), 'utf8')));

/** What the desk does before the runs of a render. */
async function invertHere(store: ArtefactStore, folder: string, number: number): Promise<void> {
  const context = contextWith({ dir: tempFolder(), store });
  await using shot = await prepareShot(requestIn(folder, number), context, false);
  await derive(shot, context);
}

test('a folder has a request for each shot, a unit for each frame, and tells what its files are', async () => {
  const request = requestOf([shotOf('One', 0, 2), shotOf('Two', 2, 5), shotOf('One', 1, 3)]);
  const packed = await pack(request);
  expect(packed).toMatchObject({ shots: 3, units: 7, artefacts: 0 });
  expect(packed.folder).toBe(join(dirname(request.project.path), 'A film farm 1'));
  const job = jobIn(packed.folder);
  expect(job).toMatchObject({ id: packed.id, name: 'A film', project: request.project });
  expect(job.shots.map(({ number, name, start, end }) => [number, name, start, end])).toEqual([
    [1, 'One', 0, 2],
    [2, 'Two', 2, 5],
    [3, 'One', 1, 3],
  ]);
  expect(job.units.slice(1, 4)).toEqual([
    { shot: 1, start: 1, end: 2 },
    { shot: 2, start: 2, end: 3 },
    { shot: 2, start: 3, end: 4 },
  ]);
  const template = JSON.parse(readFileSync(farmPaths.template(packed.folder), 'utf8'));
  expect(checkTemplate(template)).toEqual([]);
  expect(template.steps.map(({ name }: { name: string }) => name)).toEqual(['invert', 'render', 'assemble']);
  const [footage, model] = job.sources;
  expect(footage).toEqual({
    ...{ path: clip.path, use: 'footage', digests: null, copied: null },
    fingerprint: await fingerprintOf(clip.path),
  });
  expect(model).toMatchObject({ path: plain.bundle, use: 'model', fingerprint: null });
  expect(Object.keys(model!.digests!)).toEqual(
    expect.arrayContaining(['model_index.json', 'unet/model.onnx', 'tokenizer/vocab.json']),
  );
  const takes = [1, 2, 3].map((number) => requestIn(packed.folder, number).output.path);
  expect(takes).toEqual(['One 1.mov', 'Two 1.mov', 'One 2.mov'].map((one) => join(request.takesFolder, one)));
  expect(readdirSync(dirname(packed.folder)).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('what the desk has made goes along, and is no unit', async () => {
  const store = storeIn();
  const shots = [shotOf('One', 0, 2), shotOf('Two', 2, 5)];
  const first = await pack(requestOf(shots), { cache: store });
  expect(first).toMatchObject({ units: 5, artefacts: 0 });
  await invertHere(store, first.folder, 1);
  const second = await pack(requestOf(shots), { cache: store });
  expect(jobIn(second.folder).units.map(({ shot }) => shot)).toEqual([2, 2, 2]);
  const other = storeIn();
  const desk = join(farmPaths.artefacts(second.folder, 1), 'desk');
  expect(await takeIn(desk, other)).toMatchObject({ damaged: [] });
  // The texts are of both shots; frames are of the first.
  expect(existsSync(join(farmPaths.artefacts(second.folder, 2), 'desk'))).toBe(true);
  await invertHere(other, second.folder, 1);
  const kinds = other.stat().kinds.filter(({ kind }) => kind === 'inversion');
  expect(kinds).toMatchObject([{ items: 2 }]);
});

describe('frames that are not inverted one by one are left to the render', () => {
  test('depth is scaled over the shot', async () => {
    const packed = await pack(requestOf([shotOf('One', 0, 2)], { bundle: depth.bundle }));
    expect(packed.units).toBe(0);
  });
  test('the network learns the shot first', async () => {
    const packed = await pack(requestOf([shotOf('One', 0, 2, { method: 'tune-a-video' })]));
    expect(packed.units).toBe(0);
  });
  test('nothing is inverted', async () => {
    const packed = await pack(requestOf([shotOf('One', 0, 2, { method: 'sdedit' })]));
    expect(packed.units).toBe(0);
  });
});

test('models go along where that is asked for, each once, with the files that count', async () => {
  const control = writeTinyControlNet(join(tempFolder(), 'bundle'));
  const shots = [1, 2].map((i) => shotOf(`Shot ${i}`, 0, 2, { model: { controls: [{ path: control }] } }));
  const { folder } = await pack(requestOf(shots, { copyModels: true }));
  const models = jobIn(folder).sources.filter(({ use }) => use === 'model');
  expect(models.map(({ copied }) => copied)).toEqual(['models/bundle', 'models/bundle 2']);
  for (const { path, copied, digests } of models) {
    expect(Object.keys(digests!).length).toBeGreaterThan(0);
    for (const name of Object.keys(digests!))
      expect(readFileSync(join(folder, copied!, name))).toEqual(readFileSync(join(path, name)));
  }
});

test('what computes elsewhere is not asked of the desk', async () => {
  const { folder, units } = await pack(requestOf([shotOf('One', 0, 2)], { provider: 'cuda' }));
  expect(units).toBe(2);
  expect(requestIn(folder, 1).model.provider).toBe('cuda');
});

describe('what cannot be rendered is refused by the shot, and leaves nothing behind', () => {
  const nothingBeside = (request: PackRequest) => {
    const home = dirname(request.project.path);
    expect(readdirSync(home).filter((name) => name !== 'takes')).toEqual([]);
  };

  test('an empty prompt', async () => {
    const request = requestOf([shotOf('One', 0, 2), shotOf('Two', 2, 4, { prompt: '' })]);
    await expect(pack(request)).rejects.toMatchObject({ code: 'usage', doing: 'Two' });
    nothingBeside(request);
  });
  test('what a plan refuses', async () => {
    const request = requestOf([
      shotOf('One', 0, 2),
      shotOf('Two', 2, 4, { model: { controls: [{ path: '/no/such.safetensors' }] } }),
    ]);
    await expect(pack(request)).rejects.toMatchObject({ code: 'usage', doing: 'Two' });
    nothingBeside(request);
  });
  test('another film in the place of the clip', async () => {
    const moved = join(tempFolder(), 'clip.mov');
    copyFileSync(plain.bundle ? join(plain.bundle, 'model_index.json') : clip.path, moved);
    const request = requestOf([shotOf('One', 0, 2)]);
    const [{ shot }] = request.shots as [PackRequest['shots'][number]];
    const changed = { ...request, shots: [{ shot, clip: { ...clip, path: moved } }] };
    await expect(pack(changed)).rejects.toMatchObject({ code: 'clip-changed', doing: 'One' });
    nothingBeside(request);
  });
  test('a folder that has something in it', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'mine'));
    await expect(pack(requestOf([shotOf('One', 0, 2)], { folder }))).rejects.toMatchObject({
      code: 'output-unwritable',
    });
    expect(readdirSync(folder)).toEqual(['mine']);
  });
});

test('a folder that is empty is taken', async () => {
  const folder = tempFolder();
  expect((await pack(requestOf([shotOf('One', 0, 2)], { folder }))).folder).toBe(folder);
  expect(jobIn(folder).shots).toHaveLength(1);
});

test('given up in the middle, nothing is left', async () => {
  const request = requestOf([shotOf('One', 0, 2), shotOf('Two', 2, 4)]);
  const abort = new AbortController();
  const parts = { signal: abort.signal, onShot: () => abort.abort() };
  await expect(pack(request, parts)).rejects.toThrow();
  expect(readdirSync(dirname(request.project.path)).filter((name) => name !== 'takes')).toEqual([]);
});

test('what a packing that was killed has left goes with the next one', async () => {
  const path = await filmOfShots(plain, { shots: 20, frames: 1, steps: 2 });
  const left = () => readdirSync(plain.dir).filter((name) => name.startsWith('.retake-partial-'));
  const killed = startRetake(['farm', 'pack', path], plain);
  await expect.poll(left, { timeout: 60_000, interval: 5 }).toHaveLength(1);
  const engine = killed.enginePid();
  process.kill(engine, 'SIGKILL');
  await killed.ended;
  expect(left()).toHaveLength(1);
  expect(readdirSync(plain.dir)).not.toContain('A film farm 1');
  const { code, stderr } = await retake(['farm', 'pack', path], plain);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(left()).toEqual([]);
  expect(readdirSync(plain.dir)).toContain('A film farm 1');
});
