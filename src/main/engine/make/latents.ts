/** A frame's clean latent: its picture as the VAE encodes it. */
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import type { Derived } from './derived.ts';
import { dimsOf, encoderOf, type FrameOf, namesOf, type ShotOf } from './shot.ts';

/** Raise when encoding gives other numbers for the same picture. */
const VERSION = 1;

export function latentsOf(shot: ShotOf, { index, pixels, rgb }: FrameOf): Derived<Tensor> {
  const { fit } = shot;
  const { width, height } = fit;
  return {
    kind: kinds.latents,
    frame: index,
    key: keyOf('latents', VERSION, { pixels, width, height, ...encoderOf(shot) }),
    names: namesOf(shot, `frame ${index}`, { settings: `${width}×${height}` }),
    calls: { encode: 1 },
    needs: [],
    async make({ onCall }) {
      const data = await shot.networks().bundle.encode(await rgb(), width, height);
      if (!isFiniteLatent(data)) {
        const hint = 'Use a bundle whose VAE is in full precision.';
        throw brokenDown(`frame ${index}`, 'encoding frames', hint);
      }
      onCall('encode');
      return { value: { shape: dimsOf(shot.shape), data } };
    },
  };
}
