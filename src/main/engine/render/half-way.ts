/** Pictures of latents half way, for methods that draw them anew while they sample. */
import { throwIfCancelled } from '../../../common/errors.ts';
import { between, type Sight } from '../flow/between.ts';
import type { Have, Motion } from '../methods/have.ts';
import type { Motions } from '../recipe/motions.ts';
import type { RenderContext } from './context.ts';
import type { Shot } from './prepare.ts';

export function picturesOf(
  { bundle, fit, shape }: Shot,
  { signal }: Pick<RenderContext, 'signal'>,
): Have['pictures'] {
  const { width, height } = fit;
  return {
    decode(latent) {
      throwIfCancelled(signal);
      return bundle.decode(latent, shape, { steady: true });
    },
    encode(rgb) {
      throwIfCancelled(signal);
      return bundle.encode(rgb, width, height);
    },
  };
}

/** @param motions null where nothing asked for them. @returns null where neither they nor a network are there */
export function betweenOf(
  { bundle, fit, shape }: Shot,
  motions: Motions | null,
  { signal }: Pick<RenderContext, 'signal'>,
): Have['between'] | null {
  const { width, height } = fit;
  const { interpolate } = bundle;
  if (interpolate) {
    const bytes = (picture: Float32Array) => new Uint8Array(picture.map((value) => Math.round(255 * value)));
    return async (_, before, after) => {
      throwIfCancelled(signal);
      const middle = await interpolate(bytes(before), bytes(after), { width, height });
      return new Float32Array(middle).map((value) => value / 255);
    };
  }
  if (!motions) return null;
  return async (frame, before, after) => {
    const there = (picture: Float32Array, other: number) => ({
      picture,
      sight: sightOf(motions.between(frame, other), shape),
    });
    return between(there(before, frame - 1), there(after, frame + 1), width, height);
  };
}

function sightOf({ x, y, hidden, confidence }: Motion, { width, height }: Shot['shape']): Sight {
  const data = new Float32Array(x.length + y.length);
  data.set(x);
  data.set(y, x.length);
  return { flow: { width, height, data }, hidden, confidence };
}
