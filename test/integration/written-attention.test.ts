/** Networks written over a checkpoint lend their attention as exports do, whichever way their weights are multiplied. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Feed } from '../../src/main/engine/onnx/ort.ts';
import { float32Io } from '../../src/main/engine/onnx/passes/float-io.ts';
import { inPlace } from '../../src/main/engine/onnx/passes/in-place.ts';
import { JOINT_FRAMES } from '../../src/main/engine/onnx/passes/joint-attention.ts';
import { lendAttention } from '../../src/main/engine/onnx/passes/lend-attention.ts';
import { type Outcomes, type Step, step } from '../../src/main/engine/onnx/passes/pass.ts';
import {
  referenceAttention,
  SELF_LENGTH,
  type Site,
} from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { GoldenCase } from '../../tools/golden/case.ts';
import { formsOf, runWritten } from '../../tools/golden/checkpoints/checkpoint.ts';
import { unetFeeds } from '../../tools/golden/checkpoints/unet.ts';

import { bits, int64, largestDifference } from '../helpers/onnx.ts';

const golden = resolve(import.meta.dirname, '../golden');
const ALL = 2 ** 31;

/** Both ways of multiplying a matrix that lies transposed. */
const WAYS: readonly (readonly [string, readonly Step[]])[] = [
  ['turned when loaded', []],
  ['in place', [step(inPlace)]],
];

interface Banks {
  /** Tokens of each site, [B, M, C]; none without. */
  readonly tokens?: readonly Feed[];
  readonly own?: boolean;
  readonly frames?: number;
}

const sitesOf = (outcomes: Outcomes): readonly Site[] => outcomes.of(referenceAttention) ?? [];

function banks({ tokens, own = true, frames = 1 }: Banks, batch: number) {
  return (outcomes: Outcomes): Record<string, Feed> => ({
    [SELF_LENGTH]: int64([1], own ? ALL : 0),
    [JOINT_FRAMES]: int64([1], frames),
    ...Object.fromEntries(
      sitesOf(outcomes).map(({ bank, channels }, i): [string, Feed] => [
        bank,
        tokens?.[i] ?? { type: 'float32', data: new Float32Array(), dims: [batch, 0, channels] },
      ]),
    ),
  });
}

describe.each(['sd1', 'sdxl'])('the network of %s', (kind) => {
  const dir = join(golden, 'checkpoint-cases', `${kind}-unet`);
  const feeds = unetFeeds(new GoldenCase(dir, JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'))));
  const [folder] = formsOf(join(golden, 'checkpoints', `${kind}-folder`)) as [ReturnType<typeof formsOf>[0]];
  const sites = kind === 'sd1' ? 4 : 8;

  /** What comes out, and what each site saw, [B, N, C]. */
  async function run(
    steps: readonly Step[],
    given: (outcomes: Outcomes) => Record<string, Feed>,
    capture = false,
  ) {
    let names: readonly string[] = [];
    const features = Array.from({ length: sites }, (_, i) => `ref_feature_${i}`);
    const made = await runWritten(
      folder.write('unet'),
      (outcomes) => {
        names = sitesOf(outcomes).map(({ name }) => name);
        return { ...feeds, ...given(outcomes) };
      },
      ['out_sample', ...(capture ? features : [])],
      steps,
    );
    const seen = capture ? features.map((name) => made[name]!) : [];
    return { out: made.out_sample!.data, names, seen };
  }

  const lent = lendAttention({ sites: 'all', joint: true });

  it.each(WAYS)('is the plain one to the bit with empty banks, weights %s', async (_, way) => {
    const plain = await run([], () => ({}));
    const with_ = await run([...lent, step(float32Io), ...way], banks({}, 2));
    expect(with_.names).toHaveLength(sites);
    expect(with_.names.every((name) => /\.attn1\/MatMul$/.test(name))).toBe(true);
    expect(bits(with_.out).equals(bits(plain.out))).toBe(true);
    // The passes find the products in the other order as well.
    const after = await run([...way, ...lent], banks({}, 2));
    expect(bits(after.out).equals(bits(plain.out))).toBe(true);
  });

  it('finds those behind the skip connections alone', async () => {
    const decoder = lendAttention({ sites: 'decoder' });
    const { names } = await run(decoder, (outcomes) => {
      const { [JOINT_FRAMES]: _, ...rest } = banks({}, 2)(outcomes);
      return rest;
    });
    expect(names).toHaveLength(kind === 'sd1' ? 2 : 4);
    expect(names.every((name) => name.startsWith('/up_blocks.'))).toBe(true);
  });

  it('reads banks and other frames alike either way', async () => {
    const { seen, out: plain } = await run([...lent], banks({}, 2), true);
    const tokens = seen.map(({ data, dims }): Feed => {
      const half = data.length / 2;
      const turned = new Float32Array(data.length);
      turned.set(data.subarray(half), 0);
      turned.set(data.subarray(0, half), half);
      return { type: 'float32', data: turned, dims };
    });
    for (const asked of [{ tokens }, { tokens, own: false }, { frames: 2 }] satisfies Banks[]) {
      const results: Float32Array[] = [];
      for (const [, way] of WAYS) results.push((await run([...lent, ...way], banks(asked, 2))).out);
      const [turned, placed] = results as [Float32Array, Float32Array];
      expect(largestDifference(turned, plain)).toBeGreaterThan(1e-3);
      expect(bits(placed).equals(bits(turned))).toBe(true);
    }
    // Its own tokens as a bank, alone, are the plain network.
    const own = seen.map(({ data, dims }): Feed => ({ type: 'float32', data, dims }));
    const same = await run([...lent], banks({ tokens: own, own: false }, 2));
    expect(largestDifference(same.out, plain)).toBeLessThan(1e-5);
  });
});
