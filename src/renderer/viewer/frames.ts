/** Frames and seconds of a proxy: frame n lasts from n/rate to (n+1)/rate. */
import type { Rational } from '../../common/media.ts';

/**
 * Where to seek for a frame, in seconds: a quarter into it. A player shows the frame that began last before that time, or the
 * one that begins nearest to it; here both are this one, while from the middle on the nearest is the next.
 */
export function frameTime(frame: number, rate: Rational): number {
  return ((frame + 0.25) * rate.den) / rate.num;
}

/** Frame that a picture's own presentation time (its first instant, rounded by the container) belongs to. */
export function frameOfPicture(mediaTime: number, rate: Rational): number {
  return Math.max(0, Math.round((mediaTime * rate.num) / rate.den));
}

/** Frame under a running clock's time; a nudge keeps 2.9999999 from being frame 2. */
export function frameAt(seconds: number, rate: Rational): number {
  return Math.max(0, Math.floor((seconds * rate.num) / rate.den + 1e-3));
}
