/** How learning goes, in words and as lines. Pure. */
import type { LearningCurve } from '../../common/learning-curve.ts';

const loss = (value: number) => value.toFixed(4);

/** "Step 12 of 100 · mean loss 0.0421", which has to stand in a line. */
export function learningText({ taken, steps, recent }: LearningCurve): string {
  return `Step ${taken} of ${steps} · mean loss ${loss(recent.mean)}`;
}

/** What the picture of it shows, for who does not see it. */
export function curveText({ points, recent }: LearningCurve): string {
  const last = recent.of === 1 ? 'the last step' : `the mean of the last ${recent.of} steps`;
  return `Loss so far: began at ${loss(points[0]!)}, lowest ${loss(Math.min(...points))}, ${last} ${loss(recent.mean)}`;
}

/** From the left and from the top, as shares of the width and of the height. */
export type Place = readonly [x: number, y: number];

export interface CurveLines {
  readonly losses: readonly Place[];
  /** What they tend to: means of a point and those before it. */
  readonly trend: readonly Place[];
}

/** Of all points that there will be. */
const TREND_SHARE = 1 / 8;

/** The width stands for all steps that are taken at most, the height for what is from nothing to the largest loss. */
export function curveLines({ points, stride, taken, steps }: LearningCurve): CurveLines {
  const top = Math.max(...points);
  const place = (value: number, at: number): Place => [
    Math.min((at + 1) * stride, taken) / steps,
    top > 0 ? 1 - value / top : 1,
  ];
  const span = Math.max(1, Math.round((steps / stride) * TREND_SHARE));
  const trend = points.map((_, at) => {
    const last = points.slice(Math.max(0, at + 1 - span), at + 1);
    return last.reduce((sum, value) => sum + value, 0) / last.length;
  });
  return { losses: points.map(place), trend: trend.map(place) };
}
