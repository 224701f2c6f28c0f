/**
 * What follows the shipped model backwards makes what it made when the numbers beside this file were recorded: the gradients
 * themselves, and a short edit of every kind that needs them.
 * Recorded anew by `RECORD_SHIPPED_GRADIENTS=1 npx vitest run test/golden/shipped-gradients.test.ts`, for a stated reason only.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noise } from '../helpers/onnx.ts';
import { noiseFor, openRecordedUnet } from '../helpers/recorded.ts';
import { renderEdits, type ShippedEdit, type ShippedLatents } from '../helpers/shipped-edits.ts';
import { rms } from '../helpers/smooth-network.ts';

const demo = resolve(import.meta.dirname, '../../resources/demo');
const file = join(import.meta.dirname, 'shipped-gradients.tsv');

const SHORT = { range: { start: 8, end: 10 }, steps: 3, guidance: 3 };
const MADE = { ...SHORT, method: 'reconstruction-guidance', extend: { after: 1 } };

const edits: readonly ShippedEdit[] = [
  { name: 'pix2video', request: { ...SHORT, params: { update: 'off' } } },
  { name: 'pix2video, exact', request: { ...SHORT, params: { update: 'exact' } } },
  { name: 'img2img', request: { ...SHORT, method: 'img2img' } },
  {
    name: 'img2img, null-text',
    request: { ...SHORT, method: 'img2img', inversion: { nullText: 'frame', nullTextSteps: 2 } },
  },
  { name: 'guided', request: { ...SHORT, method: 'guided' } },
  {
    name: 'guided by prompt and neighbour',
    request: {
      ...{ ...SHORT, method: 'guided', params: { prompt: 0.05, neighbour: 0.3 } },
      guide: { steerBy: join(demo, 'image-text') },
    },
  },
  { name: 'longer', request: { ...MADE, params: { weight: 0, strength: 0.7 } } },
  { name: 'longer, led', request: { ...MADE, params: { weight: 2, strength: 0.7 } } },
  {
    name: 'tune-a-video',
    request: { ...SHORT, method: 'tune-a-video', params: { learnSteps: 3, learnRate: 0.003, rank: 2 } },
  },
];

/**
 * Largest root mean square of a difference, in parts of that of the numbers. Where each network's answer is off by a millionth, as
 * other orders of addition make it, latents are by 3e-5 and what is learnt by 8e-5; without gradients they are by 2e-2 and more.
 */
const TOLERANCE = 1e-3;
const WAYS = 16;

/**
 * Its root mean square, and its products with unit noise over √n. Those of a difference are in the mean as large as its root
 * mean square, wherever in it that lies.
 */
function digestOf(values: Float32Array): number[] {
  const ways = Array.from({ length: WAYS }, (_, way) => {
    // Uniform in [-1, 1): of variance 1/3.
    const along = noise(`way ${way}`, values.length);
    const product = values.reduce((sum, value, i) => sum + value * along[i]!, 0);
    return product * Math.sqrt(3 / values.length);
  });
  return [rms(values), ...ways].map((value) => Number(value.toPrecision(7)));
}

/** Root mean square of the difference of two arrays, from their digests, in parts of that of the second. */
function apart([, ...a]: readonly number[], [size, ...b]: readonly number[]): number {
  return rms(new Float32Array(a).map((value, i) => value - b[i]!)) / size!;
}

async function gradients(): Promise<Record<string, Float32Array>> {
  const opened = await openRecordedUnet(join(demo, 'bundle'));
  try {
    const { io, recorder } = opened.functions;
    const by = [io.sample, io.hidden];
    const call = await recorder!.record(noiseFor(io), [io.output], by);
    const { data } = call.outputs[io.output]!;
    const pulled = await call.pull({ [io.output]: noise('cotangent', data.length) }, by);
    return {
      'gradient by the latent': pulled[io.sample]!.data,
      'gradient by the text': pulled[io.hidden]!.data,
    };
  } finally {
    await opened.close();
  }
}

function numbersOf({ name, latents, learnt }: ShippedLatents): Record<string, Float32Array> {
  const weights = learnt && Float32Array.from([...learnt.weights.values()].flatMap((one) => [...one]));
  return {
    ...Object.fromEntries(latents.map((latent, frame) => [`${name}, frame ${frame}`, latent])),
    ...(learnt && { 'losses of learning': Float32Array.from(learnt.losses) }),
    ...(weights && { 'weights that were learnt': weights }),
  };
}

const dir = mkdtempSync(join(tmpdir(), 'shipped-gradients-'));
const found = new Map<string, number[]>();
beforeAll(async () => {
  const made = Object.assign(await gradients(), ...(await renderEdits(dir, edits)).map(numbersOf)) as Record<
    string,
    Float32Array
  >;
  for (const [name, values] of Object.entries(made)) found.set(name, digestOf(values));
  if (!process.env.RECORD_SHIPPED_GRADIENTS) return;
  writeFileSync(file, Array.from(found, (line) => `${line.flat().join('\t')}\n`).join(''));
});
afterAll(() => rmSync(dir, { recursive: true }));

const recorded = new Map(
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([name, ...numbers]) => [name!, numbers.map(Number)] as const),
);

it.each([...recorded.keys()])('%s', (name) => {
  const [now, was] = [found.get(name)!, recorded.get(name)!];
  expect(Math.abs(now[0]! / was[0]! - 1)).toBeLessThan(TOLERANCE);
  expect(apart(now, was)).toBeLessThan(TOLERANCE);
});

it('nothing else is made', () => {
  expect([...found.keys()]).toEqual([...recorded.keys()]);
});

it.each([
  ['pix2video, exact, frame 1', 'pix2video, frame 1'],
  ['img2img, null-text, frame 1', 'img2img, frame 1'],
  ['guided by prompt and neighbour, frame 1', 'guided, frame 1'],
  ['longer, led, frame 0', 'longer, frame 0'],
  ['tune-a-video, frame 1', 'img2img, frame 1'],
])('%s, is told from %s', (led, plain) => {
  expect(apart(found.get(led)!, found.get(plain)!)).toBeGreaterThan(10 * TOLERANCE);
});
