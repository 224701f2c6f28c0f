/** A clip is read once, whoever asks for it: window, plan and every render of a batch; reading it may mean to decode all of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import type { ClipRef, Shot } from '../../src/common/project/document.ts';
import { rational } from '../../src/common/time/rational.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { counter, ffmpegDoes, H264, tempFolder } from '../helpers/clips.ts';
import { isFiled, startDesk } from '../helpers/desk.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { clipRefOf } from '../helpers/project.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const folder = tempFolder();
const bundle = folder.at('tiny');
let clip: ClipRef;
beforeAll(async () => {
  await writeTinyBundle(bundle);
  const path = folder.at('clip.mp4');
  await ffmpegDoes(...counter('24', 6), ...H264, path);
  await ffmpegDoes(...counter('24', 3), folder.at('shot.%04d.png'));
  clip = await clipRefOf(path, { frames: 6, width: 160, height: 64 });
});
afterAll(() => folder[Symbol.dispose]());

/** Reads as it is done, once the gate is open, and counts. */
function counted(gate: Promise<void> = Promise.resolve()) {
  const reads: { readonly path: string; readonly clip: Promise<ClipInfo> }[] = [];
  const started = Promise.withResolvers<void>();
  const probe = rememberingProbe((path, how) => {
    const clip = gate.then(() => probeClip(path, how));
    reads.push({ path, clip });
    started.resolve();
    return clip;
  });
  return { probe, reads, started: started.promise };
}

function shotOf(id: string, prompt: string): Shot {
  const settings = shotWith({ sourcePrompt: 'a car', prompt, steps: 1 });
  const range = { clipId: clip.id, start: 1, end: 3, anchors: [2], leadAnchor: 2 };
  return { kind: 'shot', id, name: id, ...range, settings, takeId: null } as Shot;
}

test('variations of a shot read its clip once, all of them together', async () => {
  const { probe, reads } = counted();
  const desk = startDesk(folder.at('batch'), probe);
  try {
    const opened = await desk.call['project.create']({ path: folder.at('film.retake'), name: 'film' });
    const shots = ['a red car', 'a blue car', 'a green car'].map((prompt) => ({
      shot: shotOf('A', prompt),
      clip,
    }));
    const [{ shot }] = shots as [(typeof shots)[0]];
    const document = { ...opened.document, clips: { [clip.id]: clip }, timeline: [shot] };
    await desk.call['project.save']({ project: opened.id, document });
    const where = { project: opened.id, bundle, takesFolder: folder.at('film takes'), preview: false };
    const ids: string[] = [];
    for (const one of shots)
      ids.push(...(await desk.call['queue.add']({ ...where, shots: [one], provider: 'cpu' })).ids);
    await desk.until((entries) => ids.every((id) => isFiled(entries, id)));
    expect(reads.map(({ path }) => path)).toEqual([clip.path]);
  } finally {
    await desk.stop();
  }
});

test('an export that is asked about again, before its clip is read, waits for the same reading', async () => {
  const gate = Promise.withResolvers<void>();
  const { probe, reads, started } = counted(gate.promise);
  const desk = startDesk(folder.at('asked'), probe);
  try {
    const opened = await desk.call['project.create']({ path: folder.at('asked.retake'), name: 'film' });
    const document = { ...opened.document, clips: { [clip.id]: clip }, timeline: [shotOf('A', 'a car')] };
    await desk.call['project.save']({ project: opened.id, document });
    const request = {
      ...{ project: opened.id, document, folder: folder.at('out'), names: '{shot}', startTimecode: null },
      what: { kind: 'timeline' as const, range: null },
      ...{ media: { as: 'copy' as const }, timelines: null, resolve: false, credentials: 'none' as const },
    };
    const abort = new AbortController();
    const first = desk.call['delivery.foresee'](request, abort.signal);
    await started;
    abort.abort();
    await expect(first).rejects.toThrow(Cancelled);
    const second = desk.call['delivery.foresee'](request);
    gate.resolve();
    expect((await second).files.map(({ name }) => name)).toEqual(['clip.mp4']);
    expect(reads.length).toBe(1);
  } finally {
    await desk.stop();
  }
});

test('what nobody waits for any more is given up; what another waits for goes on', async () => {
  const gate = Promise.withResolvers<void>();
  const { probe, reads, started } = counted(gate.promise);
  const [one, other, alone] = [new AbortController(), new AbortController(), new AbortController()];
  const [given, kept] = [probe(clip.path, one.signal), probe(clip.path, other.signal)];
  await started;
  one.abort();
  await expect(given).rejects.toThrow(Cancelled);
  gate.resolve();
  expect((await kept).frames).toBe(6);
  expect(await probe(clip.path)).toBe(await kept);
  expect(reads.length).toBe(1);
  const last = probe(folder.at('shot.####.png'), alone.signal);
  alone.abort();
  await expect(last).rejects.toThrow(Cancelled);
  await expect(reads[1]!.clip).rejects.toThrow(Cancelled);
});

test('pictures are remembered by the rate that was asked for, and a movie is refused one, known or not', async () => {
  const { probe, reads } = counted();
  const pattern = folder.at('shot.####.png');
  const at = async (fps: number) => (await probe(pattern, undefined, { rate: rational(fps) })).rate;
  expect([await at(24), await at(30), await at(24)]).toEqual([rational(24), rational(30), rational(24)]);
  expect(reads.length).toBe(2);
  probe.runAt([{ path: pattern, rate: rational(30) }]);
  expect((await probe(pattern)).rate).toEqual(rational(30));
  expect(reads.length).toBe(2);
  await probe(clip.path, undefined, { usualRate: rational(24) });
  await expect(probe(clip.path, undefined, { rate: rational(24) })).rejects.toThrow(
    'a movie has a rate of its own',
  );
});
