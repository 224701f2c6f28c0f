/** The example "Deflicker", as an author hands it on: flicker goes, edges and motion stay. */
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { derive } from '../../src/main/engine/render/derive.ts';
import { prepareShot } from '../../src/main/engine/render/prepare.ts';
import { sampleShot } from '../../src/main/engine/render/sample.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { settingsWith } from '../helpers/job-settings.ts';
import { contextWith } from '../helpers/prepared.ts';
import { runHere, useFolders } from '../helpers/running-plugins.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const demo = join(root, 'resources/demo');
const FRAMES = 10;
const SIZE = 96;
/** Squares of the picture whose light is followed, along each side. */
const SQUARES = 6;

const steady = process.env.DEFLICKER_CLIP ?? join(demo, 'clip.mp4');

/** Brightness of what is rendered: (height, width) a frame. */
interface Film {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Float32Array[];
}

const lumaOf = (rgb: ArrayLike<number>): Float32Array =>
  Float32Array.from(
    { length: rgb.length / 3 },
    (_, i) => 0.2126 * rgb[3 * i]! + 0.7152 * rgb[3 * i + 1]! + 0.0722 * rgb[3 * i + 2]!,
  );

async function render(clip: string, method: string, params: object): Promise<{ made: Film; own: Film }> {
  const settings = settingsWith({
    ...{ clip, bundle: join(demo, 'bundle'), out: join(tempFolder(), 'take.mov'), method, params },
    ...{ sourcePrompt: '', prompt: 'a red matte ball rolling across a green meadow', guidance: 1 },
    ...{ steps: 10, size: SIZE, provider: 'cpu', anchor: 0, range: { start: 0, end: FRAMES } },
  });
  const context = contextWith({ dir: tempFolder() });
  await using shot = await prepareShot(settings, context, false);
  const { latents } = await sampleShot(shot, await derive(shot, context), context);
  const { width, height } = shot.fit;
  const [made, own] = [[] as Float32Array[], [] as Float32Array[]];
  for (const latent of latents) made.push(lumaOf(await shot.bundle.decode(latent, shot.shape)));
  for await (const original of shot.recipe.originals())
    own.push(lumaOf(original).map((value) => value / 255));
  return { made: { width, height, frames: made }, own: { width, height, frames: own } };
}

/** Mean bend of the light over time, in squares of the picture, in 1/255: nothing where it changes evenly. */
function flickerOf({ width, height, frames }: Film): number {
  const squares = frames.map((frame) => {
    const sums = new Float64Array(SQUARES * SQUARES);
    for (const [i, value] of frame.entries()) {
      const [x, y] = [i % width, Math.floor(i / width)];
      sums[Math.floor((y * SQUARES) / height) * SQUARES + Math.floor((x * SQUARES) / width)]! += value;
    }
    return sums.map((sum) => (255 * sum * SQUARES * SQUARES) / (width * height));
  });
  let bend = 0;
  for (let t = 1; t < squares.length - 1; t++)
    for (const [s, value] of squares[t]!.entries())
      bend += Math.abs(value - (squares[t - 1]![s]! + squares[t + 1]![s]!) / 2);
  return bend / ((squares.length - 2) * SQUARES * SQUARES);
}

/** How far the edges of one film are where and as strong as those of another: mean correlation of their slopes, -1..1. */
function edgesAlike(a: Film, b: Film): number {
  const slopes = ({ width, frames }: Film, f: number) => {
    const frame = frames[f]!;
    return new Float32Array(frame).map((value, i) =>
      Math.hypot((frame[i + 1] ?? value) - value, (frame[i + width] ?? value) - value),
    );
  };
  const correlations = a.frames.map((_, f) => correlation(slopes(a, f), slopes(b, f)));
  return correlations.reduce((sum, value) => sum + value, 0) / correlations.length;
}

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    ab += (value - ma) * (b[i]! - mb);
    aa += (value - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

it('takes the flicker of a clip out, and leaves its edges where they are', async () => {
  const home = tempFolder();
  useFolders(home, [join(root, 'examples/plugins/deflicker')]);
  const here = await runHere(home);
  onTestFinished(() => here.stop());
  const flickering = join(tempFolder(), 'flicker.mov');
  // Light of a sixth more and less, in no rhythm that the frames share.
  const light = "eq=eval=frame:brightness='0.09*sin(2.3*n)+0.05*sin(5.1*n)'";
  await ffmpegDoes(
    '-i',
    steady,
    '-frames:v',
    String(FRAMES),
    '-vf',
    light,
    '-c:v',
    'ffv1',
    '-an',
    flickering,
  );
  const repainted = await render(flickering, 'sdedit', { strength: 0.4 });
  const steadied = await render(flickering, 'org.example.deflicker/deflicker', {});
  const untouched = await render(flickering, 'org.example.deflicker/deflicker', { amount: 0 });
  const { own: truth } = await render(steady, 'sdedit', { strength: 0.05 });
  const flicker = {
    clip: flickerOf(repainted.own),
    steadyClip: flickerOf(truth),
    repainted: flickerOf(repainted.made),
    steadied: flickerOf(steadied.made),
  };
  const edges = { repainted: edgesAlike(repainted.made, truth), steadied: edgesAlike(steadied.made, truth) };
  if (process.env.DEFLICKER_CLIP) console.log(JSON.stringify({ flicker, edges }));
  // It gathers all frames, so the noise that is left is computed once more.
  expect(flickerOf(untouched.made)).toBeCloseTo(flicker.repainted, 3);
  expect(flicker.steadied).toBeLessThan(0.15 * flicker.repainted);
  expect(edges.steadied).toBeGreaterThan(edges.repainted - 0.02);
});
