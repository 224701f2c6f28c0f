import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { LatentEntry } from '../../src/main/engine/artefacts/latents.ts';

/** Whole numbers in [low, high], the same for the same seed. */
export function dice(seed: number): (low: number, high: number) => number {
  const rng = xoroshiro128plus(seed);
  return (low, high) => uniformInt(rng, low, high);
}

/** A latent that is a function of its name, so that whoever reads it back can tell whether it is the right one. */
export function entryFor(name: string, side = 8): LatentEntry {
  const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7);
  const roll = dice(seed);
  const shape = { channels: 4, height: side, width: side };
  return {
    latent: Float32Array.from({ length: 4 * side * side }, () => roll(-(2 ** 30), 2 ** 30) / 2 ** 28),
    meta: {
      shape,
      frame: `frame ${name}`,
      psnr: 30.25,
      clip: 'a clip.mp4',
      bundle: 'tiny',
      sourcePrompt: 'a jeep 🚙',
      settings: 'ddim, 10 steps',
    },
  };
}
