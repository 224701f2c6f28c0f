/** Last step: latents to frames to a file, one frame in memory at a time. */
import { throwIfCancelled } from '../../../common/errors.ts';
import type { TakeFile } from '../../../common/report.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import type { Latent } from '../diffusion/types.ts';
import { openTake } from '../media/encode.ts';
import { asExtended } from '../media/extended.ts';
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
  const { range, fit, settings } = shot;
  const { path: out, format, alpha } = settings.output;
  const { notes, ...as } = asExtended({ clip: shot.clip, range, alpha }, shot.extension, settings.extend);
  const merged = mergesTake(shot);
  const writer = await openTake({ ...as, fit, out, format, merged, tag: context.job }, signal);
  await using composite = openComposite(shot, context);
  try {
    let frame = 0;
    for (const latent of latentsOfTake(shot, latents)) {
      throwIfCancelled(signal);
      const picture = latent
        ? await shot.bundle.decode(latent, shot.shape)
        : new Float32Array(3 * fit.width * fit.height);
      if (!isFiniteLatent(picture)) {
        const hint = 'Use a bundle whose VAE is in full precision.';
        throw brokenDown(
          `the picture of frame ${(shot.extension ? 0 : range.start) + frame}`,
          'decoding latents',
          hint,
        );
      }
      const kept = await composite?.next();
      if (!merged) await kept?.lay(picture);
      await writer.write(picture, merged ? await kept?.own() : undefined);
      if (merged && onPicture) await kept?.lay(picture);
      await onPicture?.(picture);
      progress.advance(1);
      frame += 1;
    }
    const take = await writer.finish(beforePublishing);
    return { ...take, notes: [...notes, ...take.notes] };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Every frame of the take in order: what was made of it; null where the clip's own will be laid over all of it. */
function* latentsOfTake(
  { extension }: Pick<Shot, 'extension'>,
  latents: readonly Latent[],
): Generator<Latent | null> {
  if (!extension) {
    yield* latents;
    return;
  }
  const isFixed = new Set(extension.fixed);
  let next = 0;
  for (let frame = 0; frame < extension.frames; frame++) yield isFixed.has(frame) ? null : latents[next++]!;
}
