/**
 * Every rule of reverse mode against central differences, both in float64 by definitions of our own. Tolerance: 2e-6 of the
 * largest number of the gradient, or of 1: constants of the backward graph are float32, rounded by 6e-8 each.
 */
import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/main/engine/onnx/grad/rules.ts';
import { evaluate } from '../helpers/float64/evaluate.ts';
import { PROOFS } from '../helpers/gradient-proofs/all.ts';
import { byOf, differences, followed, modelOf, type Proof } from '../helpers/gradient-proofs/proof.ts';

const TOLERANCE = 2e-6;

function expectAgreeing(proof: Proof): void {
  const { model, feeds, gradients, made } = followed(proof);
  const values = evaluate(model, feeds);
  // What was taken apart makes what it made.
  const apart = made.data.map((one, i) => Math.abs(one - values.get('y')!.data[i]!));
  expect(Math.max(...apart), 'y').toBeLessThan(TOLERANCE);
  for (const input of byOf(proof)) {
    const found = values.get(gradients.get(input) ?? '');
    const wanted = differences(proof, input);
    expect(found?.dims, input).toEqual(proof.x[input]);
    const largest = wanted.reduce((most, one) => Math.max(most, Math.abs(one)), 1);
    const off = wanted.map((one, i) => Math.abs(one - found!.data[i]!) / largest);
    expect(Math.max(...off), `the gradient by ${input}`).toBeLessThan(TOLERANCE);
    expect(
      wanted.some((one) => Math.abs(one) > 1e-3),
      `${input} counts`,
    ).toBe(true);
  }
}

describe('rules agree with central differences', () => {
  it.each(PROOFS.map((proof) => [proof.name, proof] as const))('%s', (_name, proof) => expectAgreeing(proof));
});

it('no rule is without a proof', () => {
  const proven = new Set<string>();
  for (const proof of PROOFS)
    for (const { domain, op } of modelOf(proof).graph.nodes)
      proven.add(domain === '' ? op : `${domain}.${op}`);
  expect(Object.keys(RULES).filter((operator) => !proven.has(operator))).toEqual([]);
});

it('no two proofs have one name', () => {
  expect(new Set(PROOFS.map(({ name }) => name)).size).toBe(PROOFS.length);
});
