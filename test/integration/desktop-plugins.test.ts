/** Renders that wait for a plugin: their own project decides, when they start, whatever is open by then. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OpenedProject } from '../../src/common/contract/projects.ts';
import type { ClipRef } from '../../src/common/project/document.ts';
import { mindingProjects } from '../../src/main/engine/calls/plugins.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { type Desk, startDesk, stateOf } from '../helpers/desk.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { clipRefOf } from '../helpers/project.ts';
import { type RunningHere, runHere, useFolders } from '../helpers/running-plugins.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const ID = 'org.example.carry-over';
const folder = tempFolder();
const [bundle, data] = [folder.at('tiny'), folder.at('data')];
let clip: ClipRef;
let here: RunningHere;
let desk: Desk;
let call: Desk['call'];

beforeAll(async () => {
  await writeTinyBundle(bundle);
  const path = folder.at('clip.mp4');
  await ffmpegDoes(...counter('24', 3), ...H264, path);
  clip = await clipRefOf(path, { frames: 3, width: 160, height: 64 });
  mkdirSync(data);
  useFolders(data, [join(import.meta.dirname, '../fixtures/plugins/carry-over')], false);
  here = await runHere(data);
  desk = startDesk(data, rememberingProbe(), here.plugins);
  call = mindingProjects(desk.call, () => here.plugins);
});
afterAll(async () => {
  await desk.stop();
  await here.stop();
  folder[Symbol.dispose]();
});

async function project(name: string, on: boolean): Promise<OpenedProject> {
  const opened = await call['project.create']({ path: folder.at(`${name}.retake`), name });
  await switchIn(opened, on);
  return opened;
}

const switchIn = ({ id, document }: OpenedProject, on: boolean) =>
  call['project.save']({ project: id, document: { ...document, plugins: on ? { [ID]: true } : {} } });

async function add({ id }: OpenedProject, method: string): Promise<string> {
  const settings = shotWith({ sourcePrompt: 'a car', prompt: 'a red car', steps: 2, refinement: 0, method });
  const shot = { kind: 'shot' as const, id: 'shot-1', name: 'Car', clipId: clip.id, takeId: null, settings };
  const shots = [{ shot: { ...shot, start: 0, end: 3, anchors: [1], leadAnchor: 1 }, clip }];
  const where = { project: id, bundle, provider: 'cpu' as const, takesFolder: desk.takes };
  return (await call['queue.add']({ ...where, shots, preview: false })).ids[0]!;
}

it('render although another project is open, in which it is off', async () => {
  await call['queue.pause']({ paused: true });
  const first = await project('first', true);
  const waiting = await add(first, `${ID}/mix`);
  const second = await project('second', false);
  expect(here.plugins.running(ID)).toBeUndefined();
  const plain = await add(second, 'mix');
  await call['queue.pause']({ paused: false });
  const entries = await desk.until((all) => stateOf(all, plain) === 'done');
  expect(entries.find((one) => one.id === waiting)).toMatchObject({ state: 'done', error: null });
  // It is no longer needed.
  await expect.poll(() => here.plugins.running(ID)).toBeUndefined();
});

it('are refused by its name where it was switched off or went while they waited; the next one goes on, and a retry is asked anew', async () => {
  await call['queue.pause']({ paused: true });
  const film = await project('third', true);
  const waiting = await add(film, `${ID}/mix`);
  await switchIn(film, false);
  const next = await add(film, 'mix');
  await call['queue.pause']({ paused: false });
  const found = async () =>
    (await desk.until((all) => ['failed', 'done'].includes(stateOf(all, waiting) ?? ''))).find(
      ({ id }) => id === waiting,
    );
  expect(await found()).toMatchObject({
    state: 'failed',
    error: `starting the render: it needs the plugin Carry over, outside (${ID}), which is switched off.`,
    hint: 'Switch it on or mend it, then retry.',
  });
  await desk.until((all) => stateOf(all, next) === 'done');

  useFolders(data, []);
  await here.plugins.refresh();
  await call['queue.retry']({ id: waiting });
  expect(await found()).toMatchObject({
    state: 'failed',
    error: `starting the render: it needs the plugin ${ID}, which is not installed.`,
    hint: 'Install it, then retry.',
  });

  useFolders(data, [join(import.meta.dirname, '../fixtures/plugins/carry-over')], false);
  await switchIn(film, true);
  await call['queue.retry']({ id: waiting });
  await desk.until((all) => stateOf(all, waiting) === 'done');
});

it('find a network of a plugin where it is installed here, though the project names it in another data folder', async () => {
  const inside = (...home: string[]) => join(...home, 'plugins', ID, 'retake-plugin.json');
  const foreign = inside('/home/somebody/.retake');
  const film = await project('moved', false);
  const settings = shotWith({ sourcePrompt: 'a car', prompt: 'a red car' });
  settings.model.loras = [{ path: foreign } as never, { path: `${foreign}.gone` } as never];
  const shot = { kind: 'shot' as const, id: 'shot-1', name: 'Car', clipId: clip.id, takeId: null, settings };
  const timeline = [{ ...shot, start: 0, end: 3, anchors: [1], leadAnchor: 1 }];
  const document = { ...film.document, clips: { [clip.id]: clip }, timeline };
  await call['project.save']({ project: film.id, document });
  await call['project.close'](null);
  const { missing } = await call['project.open']({ path: film.path });
  const at = join(import.meta.dirname, '../fixtures/plugins/carry-over/retake-plugin.json');
  expect(missing.map(({ path, foundAt }) => [path, foundAt])).toEqual([
    [foreign, at],
    [`${foreign}.gone`, null],
  ]);
});
