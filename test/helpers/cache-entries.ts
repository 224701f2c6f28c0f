import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Tensor } from '../../src/main/engine/artefacts/codecs.ts';
import { kinds } from '../../src/main/engine/artefacts/kinds.ts';
import type { ArtefactNames, ArtefactStore } from '../../src/main/engine/artefacts/store.ts';

/** Whole numbers in [low, high], the same for the same seed. */
export function dice(seed: number): (low: number, high: number) => number {
  const rng = xoroshiro128plus(seed);
  return (low, high) => uniformInt(rng, low, high);
}

/** A latent that is a function of its name, so that whoever reads it back can tell whether it is the right one. */
export function entryFor(name: string, side = 8): { value: Tensor; names: ArtefactNames } {
  const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7);
  const roll = dice(seed);
  return {
    value: {
      shape: [4, side, side],
      data: Float32Array.from({ length: 4 * side * side }, () => roll(-(2 ** 30), 2 ** 30) / 2 ** 28),
    },
    names: {
      name: `frame ${name}`,
      psnr: 30.25,
      clip: 'a clip.mp4',
      bundle: 'tiny',
      prompt: 'a jeep 🚙',
      settings: 'ddim, 10 steps',
    },
  };
}

/** An artefact that is a file: a little more than the largest row. */
export function largeFor(seed: number): Tensor {
  const shape = [17, 4, 128, 128];
  return { shape, data: Float32Array.from({ length: 17 * 4 * 128 * 128 }, (_, i) => (i * seed) % 1009) };
}

type Entry = ReturnType<typeof entryFor>;

export const putFrame = (store: ArtefactStore, key: string, { value, names }: Entry = entryFor(key)) =>
  store.put(kinds.inversion, key, value, names);

export const frameOf = (store: ArtefactStore, key: string) => store.get(kinds.inversion, key);
