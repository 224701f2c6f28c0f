/** In which order frames are visited within a step: those that lead, then outwards from them, meeting between two. */
import { AppError } from '../../../common/errors.ts';

export interface Visit {
  readonly frame: number;
  /** The neighbour towards the anchor, visited before; null for the anchor itself. */
  readonly previous: number | null;
}

export interface LedVisit {
  readonly frame: number;
  /** Neighbours that were visited before: none for an anchor, both for the frame in which two ways meet. */
  readonly neighbours: readonly number[];
  /** The nearest anchors, the one before it first; for an anchor itself. */
  readonly anchors: readonly number[];
}

/** From one anchor: it, forwards to the end, then backwards to the start. @throws AppError usage for one outside the shot */
export function visitsFrom(anchor: number, frames: number): Visit[] {
  return visitsAround([anchor], frames, 0).map(({ frame, neighbours: [previous = null] }) => ({
    frame,
    previous,
  }));
}

/** Multiples of it, modulo 1, lie as far from each other as they can. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * From all anchors: they, then from each forwards and from the next one backwards to the frame in which they meet, which
 * is visited last; then after the last anchor and before the first. They meet in the middle first and elsewhere in every
 * step, so that nowhere becomes a seam.
 * @param anchors ascending
 * @param step 0-based
 * @throws AppError usage for one outside the shot
 */
export function visitsAround(anchors: readonly number[], frames: number, step: number): LedVisit[] {
  const share = (0.5 + step * GOLDEN) % 1;
  for (const anchor of anchors) checkInside(anchor, frames);
  const visits: LedVisit[] = anchors.map((frame) => ({ frame, neighbours: [], anchors: [frame] }));
  const walk = (from: number, to: number, led: readonly number[]) => {
    const by = Math.sign(to - from);
    for (let frame = from + by; frame !== to; frame += by)
      visits.push({ frame, neighbours: [frame - by], anchors: led });
  };
  for (const [i, anchor] of anchors.entries()) {
    const next = anchors[i + 1];
    if (next === undefined) walk(anchor, frames, [anchor]);
    else if (next - anchor > 1) {
      const meeting = anchor + 1 + Math.floor(share * (next - anchor - 1));
      walk(anchor, meeting, [anchor, next]);
      walk(next, meeting, [anchor, next]);
      visits.push({ frame: meeting, neighbours: [meeting - 1, meeting + 1], anchors: [anchor, next] });
    }
  }
  walk(anchors[0]!, -1, [anchors[0]!]);
  return visits;
}

function checkInside(anchor: number, frames: number): void {
  if (Number.isInteger(anchor) && anchor >= 0 && anchor < frames) return;
  throw new AppError('usage', `anchor frame ${anchor} is outside the shot of ${frames} frames`, {
    doing: 'planning the frames',
    hint: `Choose a frame from 0 to ${frames - 1}.`,
  });
}
