/** One frame rendered to be looked at: the same stages as a take, without a file at the end. */
import { AppError } from '../../../common/errors.ts';
import type { Fit } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { RenderContext } from '../context.ts';
import { isFiniteLatent } from '../diffusion/finite.ts';
import { visitsOf } from '../diffusion/run.ts';
import { wantsInversion } from '../methods/have.ts';
import { prepareShot } from '../stages/prepare.ts';
import { runsOf } from '../stages/runs.ts';
import { sampleShot } from '../stages/sample.ts';
import { startLatents } from '../stages/start.ts';

/** The first frame of the range: RGB float 0..1 of the canvas. @throws Cancelled, AppError */
export async function renderFrame(
  settings: EditSettings,
  context: RenderContext,
): Promise<{ picture: Float32Array; fit: Fit }> {
  await using shot = await prepareShot(settings, context, false);
  context.progress.plan(
    'invert',
    wantsInversion(shot.needs) ? settings.sampling.steps * (1 + settings.inversion.refinement) : 1,
    1,
  );
  context.progress.plan('sample', visitsOf(runsOf(shot)), shot.branches.length);
  const sampled = await sampleShot(shot, await startLatents(shot, context), context);
  const picture = await shot.bundle.decode(sampled.latents[0]!, shot.shape);
  if (isFiniteLatent(picture)) return { picture, fit: shot.fit };
  throw new AppError('not-finite', 'the picture broke down (not a number)', {
    doing: 'decoding latents',
    hint: 'Use a bundle whose VAE is in full precision.',
  });
}
