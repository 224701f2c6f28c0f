/** A whole edit whose VAE works in tiles: the take is the one of the VAE as a whole, within what an 8-bit picture tells apart. */
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { edit, makeWorld, movingClip, reportOf } from '../helpers/cli.ts';
import { ffmpegSays } from '../helpers/takes.ts';

const DEMO = resolve(import.meta.dirname, '../../resources/demo/bundle');

it('the same take of the demo model with the VAE in tiles as with the whole', async () => {
  const world = await makeWorld();
  onTestFinished(() => world[Symbol.dispose]());
  const clip = await movingClip(join(world.dir, 'clip.mov'), { size: '256x192', frames: 3, sound: false });
  const made = async (vaeTiles: 'on' | 'off') => {
    const out = join(world.out, vaeTiles);
    const args = edit({ bundle: DEMO }, clip, out, '--format', 'png', '--vae-tiles', vaeTiles);
    const report = await reportOf(args, world);
    const input = ['-f', 'image2', '-pattern_type', 'glob', '-i', join(out, '*.png')];
    const frames = await ffmpegSays(...input, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-');
    return { report, frames };
  };
  const [whole, tiles] = [await made('off'), await made('on')];
  expect(whole.report.vaeTiles).toBeUndefined();
  expect(tiles.report.vaeTiles!.encode).toBeGreaterThanOrEqual(3);
  expect(tiles.report.vaeTiles!.decode).toBeGreaterThanOrEqual(3);
  expect(tiles.frames.length).toBe(whole.frames.length);
  const furthest = whole.frames.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - tiles.frames[i]!)),
    0,
  );
  expect(furthest).toBeLessThanOrEqual(1);
});
