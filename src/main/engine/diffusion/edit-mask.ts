/**
 * Where an edit happens, read off the network's own answers: what both prompts see alike is to stay. The idea is DiffEdit's
 * (Couairon et al. 2022), taken anew at every step as SEGA does (Brack et al. 2023).
 */
import { assert } from '../../../common/errors.ts';
import type { Latent, LatentShape } from './types.ts';

/** Guidance confined to where two prompts disagree. */
export interface Keep {
  /** Share of the strongest disagreement, in (0, 1], from which on the edit has its full say; it fades to none at half of it. */
  readonly threshold: number;
  readonly shape: LatentShape;
}

/** Weight of the edit in every place, (h, w), 0..1; all 0 where the answers are the same. */
export function editMask(source: Latent, edit: Latent, { threshold, shape }: Keep): Float32Array {
  const { channels, height, width } = shape;
  assert(
    source.length === channels * height * width && edit.length === source.length,
    'answers have the shape',
  );
  assert(threshold > 0 && threshold <= 1, 'threshold in (0, 1]');
  const area = height * width;
  const distance = new Float32Array(area);
  for (let at = 0; at < area; at++) {
    let sum = 0;
    for (let i = at; i < source.length; i += area) sum += (edit[i]! - source[i]!) ** 2;
    distance[at] = Math.sqrt(sum);
  }
  const smooth = blurred(distance, height, width);
  const strongest = smooth.reduce((most, value) => Math.max(most, value), 0);
  if (strongest === 0) return smooth;
  const full = threshold * strongest;
  return smooth.map((value) => Math.min(1, Math.max(0, (2 * value) / full - 1)));
}

/** Binomial 3×3 (1 2 1), edges repeated: a lone noisy place says nothing. */
function blurred(values: Float32Array, height: number, width: number): Float32Array {
  const along = (from: Float32Array, stride: number, place: (at: number) => number, last: number) =>
    from.map((value, at) => {
      const before = place(at) > 0 ? from[at - stride]! : value;
      const after = place(at) < last ? from[at + stride]! : value;
      return (before + 2 * value + after) / 4;
    });
  const rows = along(values, 1, (at) => at % width, width - 1);
  return along(rows, width, (at) => Math.floor(at / width), height - 1);
}
