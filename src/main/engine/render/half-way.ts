/** Pictures of latents half way, for methods that draw them anew while they sample. */
import { assert, throwIfCancelled } from '../../../common/errors.ts';
import { between, type Sight } from '../flow/between.ts';
import type { Have, Motion } from '../methods/have.ts';
import type { Motions } from '../recipe/motions.ts';
import type { RenderContext } from './context.ts';
import type { Shot } from './prepare.ts';

/** @param motions null where the method did not ask for them: then nothing is drawn between two pictures */
export function picturesOf(
  { bundle, fit, shape }: Shot,
  motions: Motions | null,
  { signal }: Pick<RenderContext, 'signal'>,
): Have['pictures'] {
  const { width, height } = fit;
  return {
    decode(latent) {
      throwIfCancelled(signal);
      return bundle.decode(latent, shape);
    },
    encode(rgb) {
      throwIfCancelled(signal);
      return bundle.encode(rgb, width, height);
    },
    async between(frame, before, after) {
      assert(motions, 'who draws between pictures asks for the motion');
      const there = (picture: Float32Array, other: number) => ({
        picture,
        sight: sightOf(motions.between(frame, other), shape),
      });
      return between(there(before, frame - 1), there(after, frame + 1), width, height);
    },
  };
}

function sightOf({ x, y, hidden, confidence }: Motion, { width, height }: Shot['shape']): Sight {
  const data = new Float32Array(x.length + y.length);
  data.set(x);
  data.set(y, x.length);
  return { flow: { width, height, data }, hidden, confidence };
}
