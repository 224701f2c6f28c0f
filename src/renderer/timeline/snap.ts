/** Snapping: frames that a drag is drawn to. */
import type { Marker } from '../../common/project/document.ts';
import { isShot, type Placed, timelineFrameOf } from '../../common/project/positions.ts';
import type { View } from '../store/view.ts';

/** Pixels within which a drag snaps. */
const REACH = 8;

/** Cuts, anchors, markers, playhead, In and Out; `without` names items whose own cuts move with the drag. */
export function snapFrames(
  placed: readonly Placed[],
  view: Pick<View, 'playhead' | 'inFrame' | 'outFrame'>,
  withPlayhead = true,
  markers: readonly Pick<Marker, 'frame'>[] = [],
): number[] {
  const frames = new Set<number>();
  for (const one of placed) {
    frames.add(one.from).add(one.to);
    if (isShot(one)) for (const anchor of one.item.anchors) frames.add(timelineFrameOf(one, anchor));
  }
  for (const { frame } of markers) frames.add(frame);
  if (withPlayhead) frames.add(view.playhead);
  if (view.inFrame !== null) frames.add(view.inFrame);
  if (view.outFrame !== null) frames.add(view.outFrame);
  return [...frames].sort((a, b) => a - b);
}

/** The nearest of ascending `frames` within reach of `frame`; null when none is or snapping is off. */
export function snapTo(
  frames: readonly number[],
  frame: number,
  view: Pick<View, 'scale' | 'snapping'>,
  unit: number,
): number | null {
  if (!view.snapping) return null;
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (frames[middle]! < frame) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [frames[low - 1], frames[low]];
  const nearest =
    before === undefined || (after !== undefined && after - frame < frame - before) ? after : before;
  if (nearest === undefined) return null;
  return Math.abs(nearest - frame) * view.scale <= REACH * unit ? nearest : null;
}
