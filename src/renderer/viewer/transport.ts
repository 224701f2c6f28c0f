/** The clock of playback where no video gives one (backwards, in gaps), and where playing stops. Pure. */
import type { Rational } from '../../common/media.ts';

export interface Clock {
  /** Milliseconds. */
  readonly at: number;
  readonly frame: number;
  readonly speed: number;
}

/** Timeline frame of a clock that was started at a frame. */
export function clockFrame(clock: Clock, now: number, rate: Rational): number {
  const frames = ((now - clock.at) / 1000) * clock.speed * (rate.num / rate.den);
  return clock.frame + (clock.speed < 0 ? Math.ceil(frames) : Math.floor(frames));
}

/** Where playing goes from `frame`: kept inside [0, length), and whether it ends there. */
export function within(frame: number, speed: number, length: number): { frame: number; ended: boolean } {
  const last = Math.max(0, length - 1);
  if (speed > 0 && frame >= last) return { frame: last, ended: frame > last };
  if (speed < 0 && frame <= 0) return { frame: 0, ended: true };
  return { frame: Math.max(0, Math.min(last, frame)), ended: false };
}

/** Playing from the last frame begins anew: standing at the end and pressing play means "again". */
export function startFrame(playhead: number, speed: number, length: number): number {
  return speed > 0 && playhead >= length - 1 ? 0 : playhead;
}

/** Timeline frames [from, to). */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Where playing goes from `frame` in a stretch that is played again and again; before it (behind it, backwards) it plays on into it. */
export function looped(frame: number, speed: number, { from, to }: Range): { frame: number; ended: boolean } {
  if (speed > 0 && frame >= to) return { frame: from, ended: false };
  if (speed < 0 && frame < from) return { frame: Math.max(0, to - 1), ended: false };
  return { frame, ended: false };
}

/** Playing starts within the stretch: where the playhead is outside of it, or at its end, with its first frame. */
export function startOfLoop(playhead: number, speed: number, { from, to }: Range): number {
  const first = speed > 0 ? from : Math.max(0, to - 1);
  const last = speed > 0 ? to - 1 : from;
  return playhead < from || playhead >= to || playhead === last ? first : playhead;
}

/** How much faster (>1) or slower a second picture plays to stay beside the first; null when it must jump. */
export function trimFor(behind: number): number | null {
  if (Math.abs(behind) > 4) return null;
  return 1 + Math.max(-0.15, Math.min(0.15, behind * 0.05));
}
