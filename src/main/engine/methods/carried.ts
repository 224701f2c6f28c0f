/**
 * What a frame that the clip does not have may look like: the frames of the clip beside it, carried to its time along their
 * motion. Between two of them the motion is taken to be even (Jiang et al. 2018, "Super SloMo", Eq. 4), beyond an end to go on.
 */
import type { Latent } from '../diffusion/types.ts';
import type { Motion } from './have.ts';
import { moved } from './moved.ts';
import type { ShotFacts } from './types.ts';

/** What of a frame is taken where the motion says that it is hidden: where both are, both count by their nearness. */
const LEAST = 1e-3;

type Shot = Pick<ShotFacts<'clean' | 'flow'>, 'fixed' | 'shape' | 'have'>;

/** Clean latent of a frame that is made. @throws AssertionError where the motion was not asked for beforehand */
export function carried(frame: number, { fixed = [], shape, have }: Shot): Latent {
  const after = fixed.findIndex((other) => other > frame);
  const [left, right] = after < 0 ? [fixed.at(-1)!, null] : [fixed[after - 1] ?? null, fixed[after]!];
  if (left !== null && right !== null) return between(frame, left, right, { shape, have });
  const near = left ?? right!;
  const further = left === null ? fixed[1] : fixed.at(-2);
  const clean = have.clean(near);
  if (further === undefined) return clean;
  const motion = have.flow(near, further);
  const times = Math.abs(frame - near) / Math.abs(near - further);
  return moved(clean, shape, { x: scaled(motion.x, times), y: scaled(motion.y, times) }, 'bilinear');
}

function between(frame: number, left: number, right: number, { shape, have }: Omit<Shot, 'fixed'>): Latent {
  const [there, back] = [have.flow(left, right), have.flow(right, left)];
  const t = (frame - left) / (right - left);
  const along = (a: number, b: number) => ({
    x: there.x.map((value, i) => a * value + b * back.x[i]!),
    y: there.y.map((value, i) => a * value + b * back.y[i]!),
  });
  const fromLeft = moved(have.clean(left), shape, along(-(1 - t) * t, t * t), 'bilinear');
  const fromRight = moved(have.clean(right), shape, along((1 - t) ** 2, -t * (1 - t)), 'bilinear');
  const area = shape.height * shape.width;
  // What is hidden in a frame cannot be taken from it.
  const share = (nearness: number, { hidden }: Motion, i: number) =>
    nearness * (1 - hidden[i % area]!) + LEAST * nearness;
  return fromLeft.map((value, i) => {
    const [a, b] = [share(1 - t, back, i), share(t, there, i)];
    return (a * value + b * fromRight[i]!) / (a + b);
  });
}

function scaled(plane: Float32Array, times: number): Float32Array {
  return plane.map((value) => times * value);
}
