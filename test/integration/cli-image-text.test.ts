/** An edit measured by an image-text model: the report says how its frames follow the prompts, the take stays the same. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTake } from '../../tools/benchmark/pictures.ts';
import {
  cachedLatents,
  edit,
  filesBelow,
  makeWorld,
  movingClip,
  reportOf,
  retake,
  type World,
} from '../helpers/cli.ts';
import { writeTinyImageText } from '../helpers/tiny-image-text.ts';

let world: World;
let clip: string;
let model: string;
beforeAll(async () => {
  world = await makeWorld();
  clip = await movingClip(join(world.dir, 'clip.mov'), { size: '64x64', frames: 3, sound: false });
  model = await writeTinyImageText(join(world.dir, 'clip-model'), {
    tokenizer: join(world.bundle, 'tokenizer'),
  });
});
afterAll(() => world[Symbol.dispose]());

const cosine = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, v, i) => sum + v * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

/** Per frame as the tiny model sees it: mean red, green and blue, -1..1. */
async function meanColours(take: string): Promise<number[][]> {
  const frames = await readTake(take, 64 * 64 * 3);
  return frames.map((rgb) => [0, 1, 2].map((c) => mean([...rgb].filter((_, i) => i % 3 === c)) / 127.5 - 1));
}

it('reports how the take follows its prompts', async () => {
  const bare = await reportOf(edit(world, clip, join(world.out, 'bare'), '--format', 'png'), world);
  expect(bare.imageText).toBeNull();
  const inverted = cachedLatents(world.home);

  const done = await retake(
    edit(world, clip, join(world.out, 'seen'), '--format', 'png', '--image-text', model),
    world,
  );
  expect(done.code).toBe(0);
  const report = await reportOf(
    edit(world, clip, join(world.out, 'told'), '--format', 'png', '--image-text', model),
    world,
  );
  const scores = report.imageText!;
  expect(done.stdout).toContain(
    `image-text similarity: prompt ${scores.prompt.toFixed(3)}, source prompt ${scores.source!.toFixed(3)}, ` +
      `consecutive frames ${scores.consecutive!.toFixed(3)}, ${Math.round(100 * scores.frameAccuracy!)} % of frames`,
  );

  // The take's own pixels: 'a red car' is (1, 0, 1) to this model, 'a white swan' (0, 1, 1), a picture its mean colour.
  const colours = await meanColours(report.take.path);
  const [source, target] = [
    colours.map((c) => cosine(c, [1, 0, 1])),
    colours.map((c) => cosine(c, [0, 1, 1])),
  ];
  expect(scores.prompt).toBeCloseTo(mean(target), 2);
  expect(scores.source).toBeCloseTo(mean(source), 2);
  expect(scores.consecutive).toBeCloseTo(mean(colours.slice(1).map((c, i) => cosine(colours[i]!, c))), 3);
  expect(scores.frameAccuracy).toBe(mean(target.map((value, i) => (value > source[i]! ? 1 : 0))));

  // Measuring changes neither the take nor what is cached.
  expect(report.inversion).toMatchObject({ fromCache: 3, computed: 0 });
  expect(cachedLatents(world.home)).toEqual(inverted);
  const digests = (name: string) => Object.values(filesBelow(join(world.out, name)));
  expect(digests('told')).toEqual(digests('bare'));
});

it('leaves open what one prompt or one frame cannot say', async () => {
  const args = ['--image-text', model, '--source-prompt', 'a white swan', '--to', '0'];
  const { imageText } = await reportOf(edit(world, clip, join(world.out, 'one.mov'), ...args), world);
  expect(imageText).toEqual({
    prompt: expect.any(Number),
    source: null,
    consecutive: null,
    frameAccuracy: null,
  });
});

it('refuses a folder without a model before anything is computed', async () => {
  const home = join(world.dir, 'fresh');
  const done = await retake(edit(world, clip, join(world.out, 'no.mov'), '--image-text', world.bundle), {
    home,
  });
  expect(done.code).toBe(1);
  expect(done.stderr).toContain('there is no text_model.onnx, nor onnx/text_model.onnx');
  expect(done.stderr).not.toContain('inverting');
  expect(Object.keys(cachedLatents(home))).toEqual([]);
});
