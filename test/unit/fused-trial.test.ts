/** A kernel of attention that gives other numbers than products and softmax is refused. */
import { describe, expect, it } from 'vitest';
import { disagreement, tryFused } from '../../src/main/engine/models/fused-trial.ts';
import { noise } from '../../src/main/engine/onnx/noise.ts';

const expected = noise(64);
const changed = (by: number) => expected.with(17, expected[17]! + by);

describe('disagreement', () => {
  it('is none for the same numbers, but for rounding', () => {
    expect(disagreement(expected, expected)).toBeNull();
    expect(disagreement(changed(1e-6), expected)).toBeNull();
  });

  it.each([
    ['one number is another', changed(-0.004), 'by 0.004'],
    ['one is no number', changed(Number.NaN), 'by NaN'],
    ['one is beyond all numbers', changed(Number.POSITIVE_INFINITY), 'by Infinity'],
    ['some are missing', expected.subarray(0, 32), 'by Infinity'],
    ['there are none', new Float32Array(0), 'by Infinity'],
  ])('is told where %s', (_, made, by) => {
    expect(disagreement(made, expected)).toBe(`computes it otherwise, ${by}`);
  });

  it('is told where nothing is a number on both sides', () => {
    const nothing = expected.map(() => Number.NaN);
    expect(disagreement(nothing, nothing)).not.toBeNull();
  });
});

it("the processor's own kernel agrees", async () => {
  const kinds = [
    { heads: 2, width: 8 },
    { heads: 8, width: 40 },
  ];
  expect(await tryFused('cpu', kinds, true)).toEqual({ operator: 'MultiHeadAttention', why: null });
});

it('what a provider lacks is a refusal with the reason', async () => {
  // Its libraries are for other systems.
  const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
  const { operator, why } = await tryFused(absent, [{ heads: 2, width: 8 }], true);
  expect(operator).toBeNull();
  expect(why).toContain(`${absent} cannot`);
});
