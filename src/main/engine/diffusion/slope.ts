/** A recorded call as methods see it: by frames, and with what broke down named. */
import type { RecordedFrames } from './denoiser.ts';
import { placed } from './finite.ts';
import type { Slope } from './run.ts';
import type { Latent } from './types.ts';

/**
 * @param frames of the call, in its order
 * @param where says step and frame: "step 3, frame 5"
 * @param check throws where a gradient is not finite
 */
export function slopeOf(
  { answers, pull }: RecordedFrames,
  frames: readonly number[],
  { where, check }: { where: () => string; check: (gradient: Latent, frame: number) => void },
): Slope {
  return {
    denoised: new Map(frames.map((frame, i) => [frame, answers[i]!.denoised])),
    async pull(cotangents) {
      const all = frames.map((frame) => cotangents.get(frame) ?? null);
      const { latents } = await pull(all, ['latent']).catch((error: unknown) => {
        throw placed(error, where());
      });
      const gradients = new Map(frames.map((frame, i) => [frame, latents![i]!]));
      for (const [frame, gradient] of gradients) check(gradient, frame);
      return gradients;
    },
  };
}
