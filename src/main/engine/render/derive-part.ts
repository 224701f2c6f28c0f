/** What of a shot can be made frame by frame, of some of its frames: the rest of it finds that as if it had made it itself. */
import type { FrameRange } from '../../../common/media.ts';
import { Maker } from '../make/maker.ts';
import type { RenderContext } from './context.ts';
import { makeConditions } from './derive.ts';
import type { Shot } from './prepare.ts';

/**
 * Prompts, motion, and what is made of each frame where that hangs on no other: not where depth is scaled over the
 * shot, or the network learns it first. @param part frames of the clip @throws as derive
 */
export async function derivePart(
  shot: Shot,
  part: FrameRange,
  { cache, progress, signal }: Pick<RenderContext, 'cache' | 'progress' | 'signal'>,
): Promise<void> {
  const { bundle, method, params } = shot;
  const recipe = shot.recipe.part(part);
  const maker = new Maker({
    store: cache,
    signal,
    onCall(work) {
      const units = work === 'estimate' || work === 'flow' ? 1 : recipe.unitsIn({ [work]: 1 });
      if (units > 0) progress.advance(units);
    },
  });
  const frames = Array.from({ length: part.end - part.start }, (_, i) => part.start + i);
  const units = frames.reduce((sum, index) => sum + recipe.unitsOf(index), 0);
  progress.plan('invert', units, 1);
  await makeConditions(shot, maker);
  await maker.each(recipe.flows(), () => {});
  await bundle.release('flowEstimator');
  if (recipe.takesDepth || method.learns?.(params)) return;
  await bundle.open('unet');
  progress.enter('invert');
  const things = async function* () {
    for await (const { wanted, untuned } of recipe.frames(null)) {
      yield* wanted;
      if (untuned) yield untuned;
    }
  };
  let left = units;
  await maker.each(things(), ({ made }, { calls }) => {
    if (made) return;
    left -= recipe.unitsIn(calls);
    progress.plan('invert', left);
  });
}
