/** The one player on the page, for panels beside the viewer that measure its picture. */
import { getViewer, setViewer } from '../store/viewer.ts';
import type { Player } from './player.ts';

let current: Player | null = null;
let overlay: HTMLCanvasElement | null = null;

export function setPlayer(player: Player | null): void {
  current = player;
}

/** The canvas with the picture that is to be seen, of A in a comparison; null where none is painted. */
export function paintedPicture(): HTMLCanvasElement | null {
  return overlay ?? current?.painted ?? null;
}

/** A rendered picture lies over the first layer's, or does so no more. */
export function setOverlay(canvas: HTMLCanvasElement | null): void {
  overlay = canvas;
  setViewer({ pictures: getViewer().pictures + 1 });
}
