/** How learning goes, as a picture of bounded size draws it. Pure. */

export interface LearningCurve {
  /** Steps that were taken, of how many at most. */
  readonly taken: number;
  readonly steps: number;
  /** Steps that a point stands for; the last point may stand for fewer. */
  readonly stride: number;
  /** Mean loss of those, in order; `MOST_POINTS` at most. */
  readonly points: readonly number[];
  /** Mean loss of the last steps, and how many these are: a single one leaps with its noise level. */
  readonly recent: { readonly mean: number; readonly of: number };
}

export const MOST_POINTS = 120;
const RECENT_STEPS = 10;

/** @param losses of every step that was taken, at least one; @param steps that are taken at most */
export function curveOf(losses: readonly number[], steps: number): LearningCurve {
  const stride = Math.max(1, Math.ceil(steps / MOST_POINTS));
  const points: number[] = [];
  for (let at = 0; at < losses.length; at += stride) points.push(mean(losses.slice(at, at + stride)));
  const last = losses.slice(-RECENT_STEPS);
  return { taken: losses.length, steps, stride, points, recent: { mean: mean(last), of: last.length } };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
