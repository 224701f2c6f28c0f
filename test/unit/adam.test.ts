/** Adam and AdamW beside torch, and states that go on to the same bits. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Adam, type AdamOptions, type AdamState } from '../../src/main/engine/diffusion/adam.ts';
import { maxDiff } from '../helpers/smooth-network.ts';

type Numbers = readonly (readonly number[])[];

interface Case extends AdamOptions {
  readonly start: Numbers;
  readonly gradients: readonly Numbers[];
  readonly after: readonly Numbers[];
}

/** torch 1.13, one tensor after the other, float32; rates 0.01·(1 - k/10). */
const CASES: Readonly<Record<'adam' | 'adamw', Case>> = JSON.parse(
  readFileSync(new URL('../golden/adam.json', import.meta.url), 'utf8'),
);
const rate = (k: number) => 0.01 * (1 - k / 10);
const arrays = (numbers: Numbers) => numbers.map((one) => Float32Array.from(one));

/** One unit in the last place of the largest parameter, which is 3. */
const LAST_PLACE = 2.4e-7;

describe.each(['adam', 'adamw'] as const)('%s', (name) => {
  const { start, gradients, after, ...options } = CASES[name];

  it('steps as torch does', () => {
    const parameters = arrays(start);
    const adam = new Adam(parameters, options);
    for (const [k, all] of gradients.entries()) {
      adam.step(arrays(all), rate(k));
      for (const [p, expected] of after[k]!.entries())
        expect(maxDiff(parameters[p]!, expected)).toBeLessThanOrEqual(LAST_PLACE);
    }
  });

  it('goes on from a state to the same bits', () => {
    const whole = arrays(start);
    const adam = new Adam(whole, options);
    let [half, state]: [Float32Array[], AdamState | undefined] = [[], undefined];
    for (const [k, all] of gradients.entries()) {
      if (k === 3) [half, state] = [whole.map((one) => one.slice()), adam.state];
      adam.step(arrays(all), rate(k));
    }
    const next = new Adam(half, options, state);
    for (const [k, all] of gradients.entries()) if (k >= 3) next.step(arrays(all), rate(k));
    expect(half).toEqual(whole);
  });
});

it('refuses the state of other parameters', () => {
  const { state } = new Adam([new Float32Array(3)]);
  expect(() => new Adam([new Float32Array(4)], {}, state)).toThrow(/same parameters/);
});
