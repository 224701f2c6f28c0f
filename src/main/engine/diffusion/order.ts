/** In which order frames are visited within a step: the anchor, forwards to the end, then backwards to the start. */
import { AppError } from '../../../common/errors.ts';

export interface Visit {
  readonly frame: number;
  /** The neighbour towards the anchor, visited before; null for the anchor itself. */
  readonly previous: number | null;
}

export function visitsFrom(anchor: number, frames: number): Visit[] {
  if (!Number.isInteger(anchor) || anchor < 0 || anchor >= frames) {
    throw new AppError('usage', `anchor frame ${anchor} is outside the shot of ${frames} frames`, {
      doing: 'planning the frames',
      hint: `Choose a frame from 0 to ${frames - 1}.`,
    });
  }
  const visits: Visit[] = [{ frame: anchor, previous: null }];
  for (let frame = anchor + 1; frame < frames; frame++) visits.push({ frame, previous: frame - 1 });
  for (let frame = anchor - 1; frame >= 0; frame--) visits.push({ frame, previous: frame + 1 });
  return visits;
}
