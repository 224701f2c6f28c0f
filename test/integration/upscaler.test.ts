/** Upscalers: larger pictures by the runtime, as a whole and in bands, and a frame that is kept by one. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { decodeFrame } from '../../src/main/engine/media/decode.ts';
import { probeClip } from '../../src/main/engine/media/probe.ts';
import { openUpscaler } from '../../src/main/engine/models/upscaler.ts';
import { retake } from '../helpers/cli.ts';
import { ffmpegDoes } from '../helpers/clips.ts';
import { textModel } from '../helpers/onnx.ts';
import { writeModel } from '../helpers/onnx-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'retake-upscaler-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const CPU = { provider: 'cpu' } as const;

function put(name: string, graph: string): string {
  writeModel(join(dir, name, 'model.onnx'), textModel(graph));
  return join(dir, name);
}

const TWICE = put(
  'twice',
  `float32[B, 3, h, w] input => float32[B, 3, H, W] output
  float32[4] scales = {1, 1, 2, 2}
  output = Resize<mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">(input, , scales)`,
);
/** As the small ones of ESRGAN's authors end: convolutions, and channels that become pixels. */
const SHUFFLED = put(
  'shuffled',
  `float32[B, 3, h, w] input => float32[B, 3, H, W] output
  float32[8, 3, 3, 3] a
  float32[48, 8, 3, 3] b
  one = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(input, a)
  lit = LeakyRelu(one)
  two = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(lit, b)
  output = DepthToSpace<blocksize = 4, mode = "CRD">(two)`,
);

const picture = (width: number, height: number) => ({
  rgb: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37 + (i >> 3)) % 256),
  width,
  height,
});

async function enlarged(model: string, of: ReturnType<typeof picture>, inTiles = false) {
  const one = await openUpscaler(model, CPU, inTiles ? 0 : undefined);
  try {
    return await one.enlarge(of);
  } finally {
    await one.close();
  }
}

test('a picture is made larger, its scale told by what comes out', async () => {
  const small = picture(6, 4);
  const { rgb, width, height } = await enlarged(TWICE, small);
  expect([width, height]).toEqual([12, 8]);
  for (const [x, y] of [
    [0, 0],
    [11, 7],
    [5, 2],
  ] as const)
    expect(rgb[(y * 12 + x) * 3 + 1]).toBe(small.rgb[((y >> 1) * 6 + (x >> 1)) * 3 + 1]);
  expect(await enlarged(SHUFFLED, small)).toMatchObject({ width: 24, height: 16 });
});

test('in bands of rows it is the same picture', async () => {
  for (const model of [TWICE, SHUFFLED]) {
    const of = picture(40, 50);
    const [whole, tiled] = [await enlarged(model, of), await enlarged(model, of, true)];
    expect([tiled.width, tiled.height]).toEqual([whole.width, whole.height]);
    const off = whole.rgb.reduce((most, value, i) => Math.max(most, Math.abs(value - tiled.rgb[i]!)), 0);
    expect(off).toBeLessThanOrEqual(1);
  }
});

test('what makes nothing larger, or no picture, is refused', async () => {
  const same = put(
    'same',
    'float32[B, 3, h, w] input => float32[B, 3, h, w] output\noutput = Identity(input)',
  );
  await expect(enlarged(same, picture(4, 4))).rejects.toThrow('makes pictures no larger');
  const wide = put(
    'wide',
    'float32[B, 3, h, w] input => float32[B, 3, h, W] output\noutput = Concat<axis = 3>(input, input)',
  );
  await expect(enlarged(wide, picture(4, 4))).rejects.toThrow('no whole number of times as large');
  const grey = put(
    'grey',
    'float32[B, 1, h, w] input => float32[B, 1, h, w] output\noutput = Identity(input)',
  );
  await expect(enlarged(grey, picture(4, 4))).rejects.toThrow('this is no upscaler');
});

test('a frame is kept larger from the terminal', async () => {
  const clip = join(dir, 'card.mov');
  await ffmpegDoes(
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=64x48:r=12:d=0.25',
    '-pix_fmt',
    'rgb24',
    '-c:v',
    'qtrle',
    clip,
  );
  const out = join(dir, 'out');
  mkdirSync(out);
  const world = { home: join(dir, 'home') };
  const run = await retake(['upscale', clip, out, '--frame', '2', '--upscaler', TWICE], world);
  expect(run.stderr).toBe('');
  const file = run.stdout.trim();
  expect(file).toBe(join(out, 'card frame 2.png'));
  const [still, info] = [await probeClip(file, {}), await probeClip(clip, {})];
  expect([still.width, still.height]).toEqual([128, 96]);
  const large = await decodeFrame(still, 0, { width: 128, height: 96 });
  const small = await decodeFrame(info, 2, { width: 64, height: 48 });
  for (let i = 0; i < 64 * 48; i += 97) {
    const [x, y] = [i % 64, Math.floor(i / 64)];
    const at = (2 * y * 128 + 2 * x) * 3;
    expect([...large.subarray(at, at + 3)]).toEqual([...small.subarray(3 * i, 3 * i + 3)]);
  }
});
