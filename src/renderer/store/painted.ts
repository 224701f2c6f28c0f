/** The picture that the viewer paints, for panels beside it that measure it. */
import { getViewer, setViewer } from './viewer.ts';

/** Whoever paints; a player of the viewer. */
interface Painter {
  readonly painted: HTMLCanvasElement | null;
}

let painter: Painter | null = null;
let overlay: HTMLCanvasElement | null = null;

export function setPainter(one: Painter | null): void {
  painter = one;
}

/** The canvas with the picture that is to be seen, of A in a comparison; null where none is painted. */
export function paintedPicture(): HTMLCanvasElement | null {
  return overlay ?? painter?.painted ?? null;
}

/** A rendered picture lies over the first layer's, or does so no more. */
export function setOverlay(canvas: HTMLCanvasElement | null): void {
  overlay = canvas;
  setViewer({ pictures: getViewer().pictures + 1 });
}
