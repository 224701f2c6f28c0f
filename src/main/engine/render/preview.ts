/** One frame rendered to be looked at: the recipe of one frame, without a file at the end. */
import type { Fit } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import { openComposite } from './composite.ts';
import type { RenderContext } from './context.ts';
import { derive } from './derive.ts';
import { prepareShot } from './prepare.ts';
import { sampleShot } from './sample.ts';

export interface LookedAt {
  /** RGB float 0..1 of the canvas. */
  readonly picture: Float32Array;
  readonly fit: Fit;
  /** (h, w) at latent size, 0..1: where the last step let the edit in; null where nothing is kept. */
  readonly edit: Float32Array | null;
}

/** The first frame of the range. @throws Cancelled, AppError */
export async function renderFrame(settings: EditSettings, context: RenderContext): Promise<LookedAt> {
  await using shot = await prepareShot(withinRange(settings), context, false);
  let edit: Float32Array | null = null;
  const looking: RenderContext = {
    ...context,
    async onGlimpse(glimpse) {
      edit = glimpse.edit;
      await context.onGlimpse?.(glimpse);
    },
  };
  const sampled = await sampleShot(shot, await derive(shot, context), looking);
  const picture = await shot.bundle.decode(sampled.latents[0]!, shot.shape);
  if (isFiniteLatent(picture)) {
    await using composite = openComposite(shot, context);
    await (await composite?.next())?.lay(picture);
    return { picture, fit: shot.fit, edit };
  }
  throw brokenDown('the picture', 'decoding latents', 'Use a bundle whose VAE is in full precision.');
}

/** Without the pictures of other frames, which a take would have. */
function withinRange(settings: EditSettings): EditSettings {
  const { guide, source } = settings;
  const first = source.range?.start ?? 0;
  const pictures = guide.pictures.filter(({ frame }) => frame === first);
  return { ...settings, guide: { ...guide, pictures } };
}
