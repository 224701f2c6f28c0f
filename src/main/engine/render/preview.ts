/** One frame rendered to be looked at, without a file at the end: kept from before, or the recipe of one frame. */
import type { Fit } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import { openComposite } from './composite.ts';
import type { RenderContext } from './context.ts';
import { derive, type Ingredients } from './derive.ts';
import { keepLook, keptLook, type Look, lookFrom, lookKey } from './look.ts';
import { prepareShot, type Shot } from './prepare.ts';
import { sampleShot } from './sample.ts';
import { filmsOf } from './sources.ts';

export interface LookedAt {
  /** RGB float 0..1 of the canvas. */
  readonly picture: Float32Array;
  readonly fit: Fit;
  /** (h, w) at latent size, 0..1: where the last step let the edit in; null where nothing is kept. */
  readonly edit: Float32Array | null;
}

/**
 * The lead anchor's frame of a shot: as a take of the same settings has it, or an earlier look, at no call of a network where what
 * it needs is kept; else by itself, at the calls of sampling that one frame and of what of it was not kept. @throws Cancelled, AppError
 */
export async function renderFrame(settings: EditSettings, context: RenderContext): Promise<LookedAt> {
  const films = await filmsOf(settings);
  await using shot = await prepareShot(frameAlone(settings), context, false, settings);
  const deriving = () => derive(shot, context, { checked: false });
  // How far the network learnt is a part of what is seen.
  const made = shot.method.learns ? await deriving() : null;
  const of = { shot, settings, films, learnt: made?.tuned?.losses.length ?? null };
  const key = lookKey(of);
  const kept = keptLook(context.cache, key, shot);
  const look = kept ?? (await rendered(shot, made ?? (await deriving()), context));
  if (!kept) keepLook(context.cache, key, of, look);
  const shares = (bytes: Uint8Array) => new Float32Array(bytes).map((value) => value / 255);
  return { picture: shares(look.picture), fit: shot.fit, edit: look.edit && shares(look.edit) };
}

async function rendered(shot: Shot, made: Ingredients, context: RenderContext): Promise<Look> {
  let edit: Float32Array | null = null;
  const looking: RenderContext = {
    ...context,
    async onGlimpse(glimpse) {
      edit = glimpse.edit;
      await context.onGlimpse?.(glimpse);
    },
  };
  const sampled = await sampleShot(shot, made, looking);
  const picture = await shot.bundle.decode(sampled.latents[0]!, shot.shape);
  if (isFiniteLatent(picture)) {
    await using composite = openComposite(shot, context);
    await (await composite?.next())?.lay(picture);
    return lookFrom(picture, edit);
  }
  throw brokenDown('the picture', 'decoding latents', 'Use a bundle whose VAE is in full precision.');
}

/** Without the pictures and anchors of other frames, which a take would have. */
function frameAlone(settings: EditSettings): EditSettings {
  const { guide, source } = settings;
  const { anchor } = guide;
  const pictures = guide.pictures.filter(({ frame }) => frame === anchor);
  return {
    ...settings,
    source: { ...source, range: { start: anchor, end: anchor + 1 } },
    guide: { ...guide, anchors: [], pictures },
  };
}
