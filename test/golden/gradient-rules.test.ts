/**
 * Every rule of reverse mode against another autograd: PyTorch in float64, its forward operators its own. In float64 by our
 * definitions to 2e-6, and by onnxruntime in float32 to 2e-5, of the largest number of the gradient, or of 1.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Feed } from '../../src/main/engine/onnx/ort.ts';
import { evaluate } from '../helpers/float64/evaluate.ts';
import { PROOFS } from '../helpers/gradient-proofs/all.ts';
import { byOf, type Followed, followed, type Proof } from '../helpers/gradient-proofs/proof.ts';
import { floats, int64, runOnce } from '../helpers/onnx.ts';

const IN_FLOAT64 = 2e-6;
const IN_FLOAT32 = 2e-5;

/** By proof and input. */
const golden = new Map(
  readFileSync(join(import.meta.dirname, 'gradients/gradients.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): [string, number[]] => {
      const [name, input, numbers] = line.split('\t') as [string, string, string];
      return [`${name} by ${input}`, numbers.split(' ').map(Number)];
    }),
);

function expectClose(
  found: ArrayLike<number> | undefined,
  wanted: readonly number[],
  tolerance: number,
): void {
  expect(found?.length).toBe(wanted.length);
  const largest = wanted.reduce((most, one) => Math.max(most, Math.abs(one)), 1);
  const off = wanted.map((one, i) => Math.abs(one - found![i]!) / largest);
  expect(Math.max(...off)).toBeLessThan(tolerance);
}

function fedOf({ feeds }: Followed, { places = {} }: Proof): Record<string, Feed> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { dims, data }]) => [
      name,
      name in places ? int64(dims, ...data) : floats(dims, Float32Array.from(data)),
    ]),
  );
}

describe('rules agree with PyTorch', () => {
  it.each(PROOFS.map((proof) => [proof.name, proof] as const))('%s', async (_name, proof) => {
    const made = followed(proof);
    const names = ['y', ...made.gradients.values()];
    const values = evaluate(made.model, made.feeds);
    const run = await runOnce(made.model, fedOf(made, proof), names);
    // Our definitions are those of the runtime.
    expectClose(run.y?.data, [...made.made.data], IN_FLOAT32);
    for (const input of byOf(proof)) {
      const wanted = golden.get(`${proof.name} by ${input}`);
      expect(wanted, `numbers of ${input}`).toBeDefined();
      const output = made.gradients.get(input)!;
      expectClose(values.get(output)?.data, wanted!, IN_FLOAT64);
      expectClose(run[output]?.data, wanted!, IN_FLOAT32);
    }
  });
});
