/** The engine as a process, spoken to as the window does. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Events } from '../../src/common/contract/events.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { isFiled } from '../helpers/desk.ts';
import { type Engine, endEngines, startEngine } from '../helpers/engine-process.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const folder = tempFolder();

async function until<T>(ask: () => Promise<T>, check: (value: T) => unknown): Promise<T> {
  for (let tries = 0; tries < 1500; tries += 1) {
    const value = await ask();
    if (check(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`never: ${JSON.stringify(await ask())}`);
}

beforeAll(async () => {
  await writeTinyBundle(folder.at('tiny'));
  await ffmpegDoes(...counter('24', 12), ...H264, folder.at('clip.mp4'));
});

afterAll(() => {
  endEngines();
  folder[Symbol.dispose]();
});

test('import, render, kill the engine, start it again: the queue goes on and the project is as it was saved', async () => {
  const first = startEngine(folder.at('home'));
  const opened = await first.call('project.create', { path: folder.at('film.retake'), name: 'film' });
  const { ref, info } = await first.call('clip.import', { path: folder.at('clip.mp4') });
  expect(ref).toMatchObject({ frames: 12, name: 'clip', hasAudio: false, width: info.width });
  expect(await first.call('clip.cuts', { path: ref.path, sensitivity: 0.5 })).toEqual({ cuts: [] });
  const preview = await first.call('clip.preview', { path: ref.path });
  expect(existsSync(`${folder.at('home')}/previews/${preview.proxy}`)).toBe(true);
  const entries = await first.call('library.add', { path: folder.at('tiny') });
  expect(entries.some(({ path, problems }) => path === folder.at('tiny') && problems.length === 0)).toBe(
    true,
  );
  const shot = {
    kind: 'shot' as const,
    id: 'shot-1',
    name: 'Shot 1',
    clipId: ref.id,
    start: 0,
    end: 12,
    anchors: [5],
    leadAnchor: 5,
    settings: shotWith({ sourcePrompt: 'a car', prompt: 'a red car', steps: 30 }),
    takeId: null,
  };
  const document = { ...opened.document, clips: { [ref.id]: ref }, timeline: [shot] };
  await first.call('project.save', { project: opened.id, document });
  const bundle = folder.at('tiny');
  const plan = await first.call('render.plan', { shot, clip: ref, bundle });
  expect(plan).toMatchObject({ frames: 12, cachedFrames: 0 });
  const takesFolder = folder.at('takes');
  const { ids } = await first.call('queue.add', {
    project: opened.id,
    shots: [{ shot, clip: ref }],
    bundle,
    provider: 'cpu',
    takesFolder,
    preview: false,
  });
  const list = (engine: Engine) => () => engine.call('queue.list', null);
  await until(list(first), ({ entries }) => entries[0]!.phase === 'sample');
  await first.kill('SIGKILL');

  const second = startEngine(folder.at('home'));
  const again = await second.call('project.open', { path: opened.path });
  expect(again).toEqual({ ...opened, document, missing: [], recovered: null });
  await until(list(second), ({ entries }) => isFiled(entries, ids[0]!));
  const take = second.events.find((event) => event.kind === 'take')!;
  expect(take).toMatchObject({
    project: { id: opened.id, name: 'film' },
    take: { id: ids[0], shotId: 'shot-1' },
  });
  const { path } = (take as Extract<Events, { kind: 'take' }>).take;
  const { undo } = await second.call('take.delete', { path });
  expect(existsSync(path)).toBe(false);
  await second.call('take.restore', { undo });
  expect(existsSync(path)).toBe(true);
  await expect(second.call('project.open', { path: folder.at('none.retake') })).rejects.toMatchObject({
    code: 'project-unreadable',
  });
  await second.disconnect();
});
