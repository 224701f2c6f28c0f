/** The models that come with Retake, on the clip that comes with it: they see what is there. */
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { decodeFrames } from '../../src/main/engine/media/decode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { openImageText } from '../../src/main/engine/metrics/image-text.ts';
import { imageTextScores } from '../../src/main/engine/metrics/similarity.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';

const demo = resolve(import.meta.dirname, '../../resources/demo');
const SIDE = 128;
const whole = { width: SIDE, height: SIDE, contentWidth: SIDE, contentHeight: SIDE, left: 0, top: 0 };
/** A red matte ball in the left half of a meadow. */
let picture: Uint8Array;

beforeAll(async () => {
  const clip = await probeClip(join(demo, 'clip.mp4'));
  const fit = { ...whole, sourceWidth: clip.width, sourceHeight: clip.height };
  const signal = new AbortController().signal;
  for await (const { rgb } of decodeFrames(clip, { range: { start: 20, end: 21 }, fit, signal }))
    picture = rgb;
});

test('the image-text model finds the prompt that is true', async () => {
  const model = await openImageText(join(demo, 'image-text'));
  try {
    const frames = await model.embedImages([picture], SIDE, SIDE);
    const nearness = async (prompt: string) =>
      imageTextScores(frames, (await model.embedText(prompt)).embedding, null).prompt;
    const truth = await nearness('a red matte ball rolling across a green meadow');
    for (const wrong of [
      'a blue matte ball rolling across a green meadow',
      'a red matte ball rolling across a snowy field',
      'a red glass ball rolling across a green meadow',
      'a red matte cone sliding across a green meadow',
    ]) {
      expect(await nearness(wrong), wrong).toBeLessThan(truth);
    }
  } finally {
    await model.close();
  }
});

test('the depth model sees the ball before the meadow and the meadow before the sky', async () => {
  const bundle = await openBundle(join(demo, 'depth-bundle'), { sites: 'decoder', provider: 'cpu' });
  try {
    expect(bundle).toMatchObject({ kind: 'sd-depth', structureChannels: 1, siteCount: 4 });
    const size = bundle.depth!.sizeFor(whole);
    expect(size).toEqual({ width: SIDE, height: SIDE });
    const map = await bundle.depth!.estimate(picture, size);
    const at = (x: number, y: number) =>
      map.data[Math.floor(y * map.height) * map.width + Math.floor(x * map.width)]!;
    const [sky, horizon, ball, foreground] = [at(0.5, 0.05), at(0.9, 0.4), at(0.42, 0.42), at(0.9, 0.95)];
    expect(ball).toBeGreaterThan(2 * horizon);
    expect(foreground).toBeGreaterThan(2 * horizon);
    expect(horizon).toBeGreaterThanOrEqual(sky);
  } finally {
    await bundle.close();
  }
});
