/** Stops a run whose numbers have left the road, before the damage spreads over frames and into the cache. */
import { AppError } from '../../../common/errors.ts';
import type { Latent } from './types.ts';

/** NaN and Inf survive addition, and a float64 sum of float32 values cannot overflow by itself: one sum tells. */
export function isFiniteLatent(latent: Latent): boolean {
  let sum = 0;
  for (let i = 0; i < latent.length; i++) sum += latent[i]!;
  return Number.isFinite(sum);
}

/** @param what "the depth of frame 5" */
export function brokenDown(what: string, doing: string, hint: string): AppError {
  return new AppError('not-finite', `${what} broke down (not a number)`, { doing, hint });
}

/** Throws AppError not-finite naming what broke, the step (0-based within the run, printed from 1) and the frame of the shot. */
export function assertFinite(latent: Latent, doing: string, step: number, frame?: number): void {
  if (isFiniteLatent(latent)) return;
  throw new AppError('not-finite', `the picture broke down at ${placeOf(step, frame)} (not a number)`, {
    doing,
    hint: 'Lower the guidance or the weights, or use the full-precision model.',
  });
}

/** @param step 0-based within the run, printed from 1; frame of the clip */
export function placeOf(step: number, frame?: number): string {
  return frame === undefined ? `step ${step + 1}` : `step ${step + 1}, frame ${frame}`;
}

/** @param place "step 3, frame 5": a network knows which operator broke down, and not in which step. Other errors stay as they are. */
export function placed(error: unknown, place: string): unknown {
  if (!(error instanceof AppError) || error.code !== 'not-finite') return error;
  const { message, doing, hint } = error;
  return new AppError('not-finite', `${message}, at ${place}`, { doing, hint, cause: error });
}
