/** Timesteps, and XL's sizes, as vectors (diffusers' Timesteps and TimestepEmbedding). */
import type { NetworkBuilder, Value } from './builder.ts';

export interface Sinusoids {
  /** Numbers per timestep. */
  readonly width: number;
  /** Cosines first. */
  readonly flip: boolean;
  readonly shift: number;
}

const LONGEST_PERIOD = 10_000;

/** Sines and cosines of t over geometrically growing periods (Vaswani et al. 2017). @param t [n, 1] @returns [n, width] */
export function sinusoids(b: NetworkBuilder, t: Value, { width, flip, shift }: Sinusoids): Value {
  const half = width >> 1;
  // Rounded where PyTorch rounds: at t = 999 the last bit of a frequency counts.
  const { fround } = Math;
  const slowest = fround(-Math.log(LONGEST_PERIOD));
  const frequencies = Array.from({ length: half }, (_, i) =>
    fround(Math.exp(fround(fround(slowest * i) / (half - shift)))),
  );
  const angles = b.mul(t, b.floats(frequencies, [1, half]));
  const waves = [b.node('Sin', [angles]), b.node('Cos', [angles])];
  return b.concat(flip ? waves.reverse() : waves, -1);
}

/** linear · silu · linear. */
export function embedding(
  b: NetworkBuilder,
  module: string,
  x: Value,
  { from, to }: { readonly from: number; readonly to: number },
): Value {
  const first = b.silu(b.linear(`${module}.linear_1`, x, { from, to }));
  return b.linear(`${module}.linear_2`, first, { from: to, to });
}
