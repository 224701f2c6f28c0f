/**
 * What frames are held to: the clip outside the mask, and a picture of the artist's where one stands for the frame. A shot that
 * was inverted goes back its own trajectory; any other is its clean latent under the noise that its run began with.
 */
import { assert } from '../../../common/errors.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { Hold } from '../diffusion/hold.ts';
import { noiseFor } from '../diffusion/noise.ts';
import { addNoise, type Form } from '../diffusion/parametrisation.ts';
import type { Run } from '../diffusion/run.ts';
import { isSameLevel } from '../diffusion/schedule.ts';
import type { Latent, LatentShape, Level, NoiseSchedule } from '../diffusion/types.ts';
import { type Have, type Need, wantsInversion } from '../methods/have.ts';
import type { Method } from '../methods/types.ts';

type Guide = Pick<EditSettings['guide'], 'mask' | 'pictures'>;

export interface HoldOf {
  readonly guide: Guide;
  /** The first frame of the shot. */
  readonly first: number;
  readonly needs: readonly Need[];
  readonly shape: LatentShape;
  readonly schedule: NoiseSchedule;
  readonly form: Form;
  readonly seed: number;
}

/** What of the guide frames are held by: a mask is not, where the method makes what is outside of it. */
export function heldBy<G extends Guide>(
  guide: G,
  { method, params }: { readonly method: Method; readonly params: unknown },
): G {
  return method.masksItself?.(params) ? { ...guide, mask: null } : guide;
}

export function isHeld({ mask, pictures }: Guide): boolean {
  return mask !== null || pictures.length > 0;
}

/** What has to be made of every frame: what the method needs, and what a mask holds them by. */
export function neededFor(needs: readonly Need[], guide: Guide): readonly Need[] {
  if (guide.mask === null) return needs;
  return [...new Set<Need>([...needs, ...wayOf(needs), 'mask'])];
}

/** The way that a frame is held to. */
export function wayOf(needs: readonly Need[]): readonly Need[] {
  return [wantsInversion(needs) ? 'trajectory' : 'clean'];
}

/** @param made asked only while frames are sampled */
export function holdOf(of: HoldOf, made: Partial<Have>): Hold {
  const { guide, first, needs, shape, schedule, form, seed } = of;
  const painted = new Set(guide.pictures.map(({ frame }) => frame - first));
  const nowhere = new Float32Array(shape.height * shape.width);
  const { levels, final } = schedule;
  const inverted = wantsInversion(needs);
  const trajectory = (frame: number) => {
    assert(made.trajectory, 'a held shot that is inverted has its trajectories');
    return made.trajectory(frame);
  };
  const clean = (frame: number): Latent => {
    if (inverted) return trajectory(frame).at(-1)!;
    assert(made.clean, 'a held shot has its clean latents');
    return made.clean(frame);
  };
  /** Whether a run begins where inversions end, and goes by their levels. */
  const goesBack = ({ noise, schedule: { levels: own } }: Run) =>
    inverted &&
    !noise &&
    own.every((level, place) => (place === 0 ? placeOf(level, levels) === 0 : placeOf(level, levels) > 0));
  return {
    share(frame) {
      if (painted.has(frame)) return nowhere;
      return guide.mask === null ? null : made.mask!(frame);
    },
    own(run, frame, level) {
      const place = placeOf(level, levels);
      if (level === final || (place < 0 && isSameLevel(level, final))) return clean(frame);
      if (place >= 0 && goesBack(run)) return trajectory(frame)[place]!;
      const start = clean(frame);
      return addNoise(form, start, run.noise?.(frame) ?? noiseFor(seed, frame, start.length), level);
    },
  };
}

/** By level, not by place: runs of one shot have different ones. Negative where it is none of them. */
function placeOf(level: Level, levels: readonly Level[]): number {
  const itself = levels.indexOf(level);
  return itself >= 0 ? itself : levels.findIndex((one) => isSameLevel(one, level));
}
