/** A picture sequence that was given another rate: every part of the engine runs it as the project says. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import type { Rational } from '../../src/common/media.ts';
import type { Shot } from '../../src/common/project/document.ts';
import { addTake } from '../../src/common/project/edits-takes.ts';
import { readSources } from '../../src/main/engine/delivery/sources.ts';
import { saysRate } from '../../src/main/engine/media/picture-header.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { Previews } from '../../src/main/engine/previews/previews.ts';
import { requestOf } from '../../src/main/engine/queue/request.ts';
import { ffmpegDoes, tempFolder } from '../helpers/clips.ts';
import { clipRef, projectOf, takeOf } from '../helpers/projects.ts';

const rate = (num: number, den = 1): Rational => ({ num, den });

it('is rendered, shown and exported at it, and takes made at the old one are refused by name', async () => {
  using folder = tempFolder();
  mkdirSync(folder.at('run'));
  mkdirSync(folder.at('take'));
  const moving = ['-f', 'lavfi', '-i', 'testsrc2=s=64x32:r=24', '-frames:v', '6'];
  await ffmpegDoes(...moving, folder.at('run/s.%04d.png'));
  await ffmpegDoes(...moving, folder.at('take/t.%04d.png'));
  await ffmpegDoes(...moving, '-c:v', 'prores', folder.at('take.mov'));
  const path = folder.at('run/s.####.png');
  const probe = rememberingProbe();
  const found = await probe(folder.at('run'));
  expect(found).toMatchObject({ path, rate: rate(24), frames: 6 });
  expect(saysRate(found)).toBe(false);
  expect(saysRate(await probeClip(folder.at('run/s.0001.png')))).toBe(true);
  expect(saysRate(await probeClip(folder.at('take.mov')))).toBe(true);

  const previews = new Previews({ dir: folder.at('previews'), emit() {}, probe });
  const { proxy, rate: made } = await previews.preview(path);
  expect(made).toEqual(rate(24));
  // One of before there were rates learns its own when it is next asked for.
  const about = folder.at(`previews/${dirname(proxy)}/preview.json`);
  const { rate: _, ...old } = JSON.parse(readFileSync(about, 'utf8'));
  writeFileSync(about, JSON.stringify(old));
  expect((await previews.preview(path)).rate).toEqual(rate(24));

  const document = projectOf(6, []);
  document.clips.clip = { ...clipRef('clip', 6, rate(30)), path, width: 64, height: 32 };
  probe.runAt(Object.values(document.clips));
  // The proxy is the one there is, and says its own rate.
  expect((await previews.preview(path)).rate).toEqual(rate(24));
  const shot = document.timeline[0] as Shot;
  shot.settings.prompts.target = 'snow';
  const { clip } = document.clips;
  const request = requestOf({
    ...{ shot, clip, bundle: folder.at('model'), provider: 'auto' as const },
    out: folder.at('out.mov'),
  });
  expect(request.source).toMatchObject({ clip: path, rate: '30/1' });

  const sources = (more: Partial<{ what: { kind: 'takes'; takes: string[] } }> = {}) =>
    readSources(
      { document, what: { kind: 'timeline', range: null }, timelines: null, ...more },
      // One that has not heard of it.
      { probe: rememberingProbe() },
    );
  expect((await sources()).get(path)).toMatchObject({ rate: rate(30), durationSeconds: 0.2 });
  addTake(document, { ...takeOf('pictures', shot), path: folder.at('take/t.####.png') }, true);
  expect((await sources()).get(folder.at('take/t.####.png'))).toMatchObject({ rate: rate(30), frames: 6 });
  addTake(document, { ...takeOf('movie', shot, 'Take 2'), path: folder.at('take.mov') }, true);
  await expect(sources()).rejects.toThrow(
    'Take 2 of Shot 1 was rendered at 24 fps, its clip now runs at 30 fps',
  );
  clip!.rate = rate(24);
  expect((await sources()).get(folder.at('take.mov'))).toMatchObject({ rate: rate(24) });
});
