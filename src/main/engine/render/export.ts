/** Last step: latents to frames to a file, one frame in memory at a time. */
import { throwIfCancelled } from '../../../common/errors.ts';
import type { TakeFile } from '../../../common/report.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import type { Latent } from '../diffusion/types.ts';
import { openTake } from '../media/encode.ts';
import { mergesTake, openComposite } from './composite.ts';
import type { RenderContext } from './context.ts';
import type { Shot } from './prepare.ts';

export interface ExportHooks {
  /** Is shown every picture (RGB float32 0..1 of the canvas) as it is written; awaited. Null where nobody looks. */
  readonly onPicture: ((picture: Float32Array) => Promise<void>) | null;
  /** Comes when all is encoded; what it throws keeps the take from its final name. */
  beforePublishing(): Promise<void>;
}

/**
 * @throws Cancelled; AppError disk-full, output-unwritable, encoder-missing; nothing is left under the final name then
 */
export async function exportTake(
  shot: Shot,
  latents: readonly Latent[],
  context: RenderContext,
  { onPicture, beforePublishing }: ExportHooks,
): Promise<TakeFile> {
  const { progress, signal } = context;
  progress.enter('encode');
  const { clip, range, fit, settings } = shot;
  const { path: out, format, alpha } = settings.output;
  const merged = mergesTake(shot);
  const writer = await openTake({ clip, range, fit, out, format, alpha, merged, tag: context.job }, signal);
  await using composite = openComposite(shot, context);
  try {
    for (const [i, latent] of latents.entries()) {
      throwIfCancelled(signal);
      const picture = await shot.bundle.decode(latent, shot.shape);
      if (!isFiniteLatent(picture)) {
        const hint = 'Use a bundle whose VAE is in full precision.';
        throw brokenDown(`the picture of frame ${range.start + i}`, 'decoding latents', hint);
      }
      const kept = await composite?.next();
      if (!merged) await kept?.lay(picture);
      await writer.write(picture, merged ? await kept?.own() : undefined);
      if (merged && onPicture) await kept?.lay(picture);
      await onPicture?.(picture);
      progress.advance(1);
    }
    return await writer.finish(beforePublishing);
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
