/** Seeded normal noise. A frame's noise depends on seed and frame only, never on order or on the count of frames. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Latent } from './types.ts';

/** 32-bit finaliser of MurmurHash3: neighbouring seeds and frames get unrelated streams. */
function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Keeps the noise of steps apart from that of starts. */
const STEP_STREAM = 0x57e9;

/** Independent stream of a seed (uint32) and a stream number (a frame, a step). */
function stream(seed: number, index: number) {
  return xoroshiro128plus(scramble(scramble(seed) + Math.imul(index + 1, 0x9e3779b9)));
}

/** `count` standard normals of frame `frame` (index within the shot), by Box and Muller (1958). */
export function noiseFor(seed: number, frame: number, count: number): Latent {
  const rng = stream(seed, frame);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(rng)));
    const angle = 2 * Math.PI * uniformFloat64(rng);
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** One noise for all frames of the shot: frame 0's. */
export function sharedNoise(seed: number, count: number): Latent {
  return noiseFor(seed, 0, count);
}

/** Fresh unit noise for one frame in one step, unlike every frame's starting noise. */
export function stepNoise(seed: number, frame: number, step: number, count: number): Latent {
  return noiseFor(scramble(seed ^ STEP_STREAM) + step, frame, count);
}

/** Seeded whole numbers: each call gives one of 0 … below-1, all equally likely. */
export function picker(seed: number, index: number): (below: number) => number {
  const rng = stream(~seed, index);
  return (below) => uniformInt(rng, 0, below - 1);
}
