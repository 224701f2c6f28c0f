/** Last stage: latents to frames to a file, one frame in memory at a time. */
import { throwIfCancelled } from '../../../common/errors.ts';
import type { RenderContext } from '../context.ts';
import type { Latent } from '../diffusion/types.ts';
import { openTake, type TakeFile } from '../media/encode.ts';
import type { Shot } from './prepare.ts';

/** @throws Cancelled; AppError disk-full, output-unwritable, encoder-missing; nothing is left under the final name then */
export async function exportTake(
  shot: Shot,
  latents: readonly Latent[],
  context: RenderContext,
): Promise<TakeFile> {
  const { progress, signal } = context;
  progress.enter('encode');
  const { clip, range, fit, settings } = shot;
  const writer = await openTake({ clip, range, fit, out: settings.out, format: settings.format }, signal);
  try {
    for (const [i, latent] of latents.entries()) {
      throwIfCancelled(signal);
      await writer.write(await shot.bundle.decode(latent, shot.shape));
      progress.advance(1, { frame: range.start + i });
    }
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
