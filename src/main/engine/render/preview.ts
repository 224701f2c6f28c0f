/** One frame rendered to be looked at: the recipe of one frame, without a file at the end. */
import type { Fit } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import { openComposite } from './composite.ts';
import type { RenderContext } from './context.ts';
import { derive } from './derive.ts';
import { prepareShot } from './prepare.ts';
import { sampleShot } from './sample.ts';

/** The first frame of the range: RGB float 0..1 of the canvas. @throws Cancelled, AppError */
export async function renderFrame(
  settings: EditSettings,
  context: RenderContext,
): Promise<{ picture: Float32Array; fit: Fit }> {
  await using shot = await prepareShot(settings, context, false);
  const sampled = await sampleShot(shot, await derive(shot, context), context);
  const picture = await shot.bundle.decode(sampled.latents[0]!, shot.shape);
  if (isFiniteLatent(picture)) {
    await using composite = openComposite(shot, context);
    await composite?.lay(picture);
    return { picture, fit: shot.fit };
  }
  throw brokenDown('the picture', 'decoding latents', 'Use a bundle whose VAE is in full precision.');
}
