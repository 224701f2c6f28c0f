/**
 * A frame's way to its noise: the latents at every level, as sampling meets them. They are what its inversion makes on the way,
 * so where both are wanted the network is asked once. 3.2 MB a frame at 512² and 50 steps; what is larger than 4 MB is a file
 * beside the store.
 */
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { Derived } from './derived.ts';
import {
  type InversionOf,
  inversionCalls,
  inversionKey,
  inversionNames,
  invertedWay,
  toldIn,
  toldOf,
} from './inversion.ts';
import { dimsOf, type ShotOf } from './shot.ts';

/** Raise when other latents of the same inversion are kept. */
const VERSION = 1;

/** @returns (levels, channels, h, w): the noise first, the clean latent last */
export function trajectoryOf(shot: ShotOf, of: InversionOf): Derived<Tensor> {
  const inversion = inversionKey(shot, of);
  return {
    kind: kinds.trajectory,
    frame: of.frame.index,
    key: inversion && keyOf('trajectory', VERSION, { inversion }),
    names: inversionNames(shot, of),
    calls: inversionCalls(shot, false),
    needs: [of.clean, ...toldOf(of)],
    async make(making) {
      const way = await invertedWay(shot, of, await toldIn(of, making), making);
      const size = way[0]!.length;
      const data = new Float32Array(way.length * size);
      for (const [level, latent] of way.entries()) data.set(latent, level * size);
      return { value: { shape: [way.length, ...dimsOf(shot.shape)], data } };
    },
  };
}
