/** The example plugin that is a network alone: its graphs are what their script makes, its mask is right, a render keeps the screen. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openSegmenter } from '../../src/main/engine/models/segmenter.ts';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { readTake } from '../../tools/benchmark/pictures.ts';
import { screenKeyGraphs } from '../../tools/plugins/screen-key.ts';
import { edit, makeWorld, reportOf } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/plugins/screen-key');

test('its graphs are those of their script', () => {
  for (const [name, bytes] of screenKeyGraphs)
    expect(readFileSync(join(EXAMPLE, name, 'model.onnx')).equals(bytes), name).toBe(true);
});

const SIZE = { width: 24, height: 16 };

/** The mask of a picture of three columns, in the middle of each. */
async function columns(
  screen: 'green' | 'blue',
  ...colours: readonly (readonly number[])[]
): Promise<number[]> {
  const { width, height } = SIZE;
  const of = (i: number) => colours[Math.floor(((Math.floor(i / 3) % width) / width) * 3)]![i % 3]!;
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => of(i));
  const key = await openSegmenter(join(EXAMPLE, screen), { provider: 'cpu' });
  try {
    const mask = await key.segment(rgb, SIZE);
    return [4, 12, 20].map((x) => Number(mask[8 * width + x]!.toFixed(3)));
  } finally {
    await key.close();
  }
}

test('what is of the screen is outside, lit or in shadow; skin, grey and the other screen are inside', async () => {
  expect(await columns('green', [20, 180, 40], [10, 60, 14], [220, 170, 150])).toEqual([0, 0, 1]);
  expect(await columns('green', [128, 128, 128], [20, 40, 200], [0, 0, 0])).toEqual([1, 1, 1]);
  expect(await columns('blue', [30, 60, 200], [200, 40, 20], [20, 180, 40])).toEqual([0, 1, 1]);
  // A third of the way: (0.333 - 0.1667) · 3 = 0.5 of the screen.
  expect((await columns('green', [80, 120, 80], [80, 120, 80], [80, 120, 80]))[1]).toBeCloseTo(0.5, 2);
});

test('a render with it as a plugin keeps the screen as it was filmed', async () => {
  using world = await makeWorld();
  const dir = join(world.home, 'plugins');
  const plugins = new Plugins({ dir, contributors: [], onChange: () => {} });
  const look = await plugins.look(EXAMPLE);
  expect(look).toMatchObject({ problems: [], asks: [], change: 'new' });
  await plugins.install(EXAMPLE, look.consent);
  const clip = join(world.dir, 'subject.mov');
  const box = 'drawbox=x=20:y=20:w=24:h=24:color=0xD0A090:t=fill';
  await ffmpegDoes(
    '-f',
    'lavfi',
    '-i',
    `color=0x14B428:s=64x64:r=12:d=0.25,format=rgb24,${box}`,
    '-c:v',
    'qtrle',
    clip,
  );
  const model = join(dir, 'org.example.screen-key', 'green');
  const mask = join(world.dir, 'mask.json');
  writeFileSync(mask, JSON.stringify({ parts: [{ id: 'subject', kind: 'segmenter', model }] }));
  const report = await reportOf(
    edit(world, clip, join(world.out, 'kept'), '--format', 'png', '--mask', mask),
    world,
  );
  const frames = await readTake(report.take.path, 64 * 64 * 3);
  expect(frames.length).toBe(3);
  for (const rgb of frames) {
    const at = (x: number, y: number) => [...rgb.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3)];
    for (const [x, y] of [
      [4, 4],
      [60, 32],
      [32, 56],
    ] as const)
      expect(at(x, y)).toEqual([0x14, 0xb4, 0x28]);
    expect(at(32, 32)).not.toEqual([0xd0, 0xa0, 0x90]);
  }
});
