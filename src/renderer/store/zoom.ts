/** Zoom and scroll of the timeline as numbers: scale in pixels per frame, scroll in frames. */

/** What zooming reads and changes. */
export interface Window {
  readonly scale: number;
  readonly scroll: number;
  readonly timelineWidth: number;
}

export const MAX_SCALE = 64;
/** Pixels kept free after the last frame, and before the first: a pin there stays whole. */
const TAIL = 160;
const HEAD = 14;

/** The scale at which all frames are in sight; never closer than MAX_SCALE. */
function fitScale(width: number, frames: number): number {
  return Math.min(MAX_SCALE, Math.max(1, width - 2 * HEAD) / Math.max(1, frames));
}

export function clampScroll(scroll: number, scale: number, width: number, frames: number): number {
  return Math.max(-HEAD / scale, Math.min(scroll, frames - (width - TAIL) / scale));
}

/** Zooms so that the frame under x (pixels from the left edge) stays there, as far as the ends allow. */
export function zoomAt({ scale, scroll, timelineWidth }: Window, x: number, factor: number, frames: number) {
  const least = Math.min(1, fitScale(timelineWidth, frames) / 2);
  const next = Math.max(least, Math.min(MAX_SCALE, scale * factor));
  return { scale: next, scroll: clampScroll(scroll + x / scale - x / next, next, timelineWidth, frames) };
}

export function fitAll({ timelineWidth }: Window, frames: number) {
  const scale = fitScale(timelineWidth, frames);
  return { scale, scroll: -HEAD / scale };
}

export function scrollBy({ scale, scroll, timelineWidth }: Window, pixels: number, frames: number) {
  return { scroll: clampScroll(scroll + pixels / scale, scale, timelineWidth, frames) };
}

/** Scrolls as little as needed to bring a frame into sight, with a margin of a tenth of the width. */
export function reveal({ scale, scroll, timelineWidth }: Window, frame: number, frames: number) {
  const margin = (timelineWidth * 0.1) / scale;
  const width = timelineWidth / scale;
  const wanted =
    frame < scroll ? frame - margin : frame + 1 > scroll + width ? frame + 1 - width + margin : scroll;
  return { scroll: clampScroll(wanted, scale, timelineWidth, frames) };
}
