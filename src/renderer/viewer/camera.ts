/** Zoom and pan of the picture in a pane: all sizes in CSS pixels of the screen. */
import type { Camera } from '../store/viewer.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

const MIN_ZOOM = 0.05;
const MAX_ZOOM = 32;

/** Largest zoom at which the whole picture is in sight. */
export function fitZoom(pane: Size, picture: Size): number {
  return Math.min(pane.width / picture.width, pane.height / picture.height);
}

function zoomOf(camera: Camera, pane: Size, picture: Size): number {
  return camera.zoom ?? fitZoom(pane, picture);
}

/** Keeps at least a third of the pane covered, so that the picture cannot be lost. */
function kept(offset: number, pane: number, picture: number): number {
  const most = Math.max(0, (pane + picture) / 2 - pane / 3);
  return Math.max(-most, Math.min(most, offset));
}

export function panBy(camera: Camera, dx: number, dy: number, pane: Size, picture: Size): Camera {
  const zoom = zoomOf(camera, pane, picture);
  return {
    zoom: camera.zoom,
    x: kept(camera.x + dx, pane.width, picture.width * zoom),
    y: kept(camera.y + dy, pane.height, picture.height * zoom),
  };
}

/** Zooms so that the picture point under `at` (pixels from the pane's middle) stays there. */
export function zoomAt(
  camera: Camera,
  factor: number,
  at: { x: number; y: number },
  pane: Size,
  picture: Size,
): Camera {
  const before = zoomOf(camera, pane, picture);
  const zoom = Math.max(MIN_ZOOM, Math.min(MAX_ZOOM, before * factor));
  const x = at.x - ((at.x - camera.x) / before) * zoom;
  const y = at.y - ((at.y - camera.y) / before) * zoom;
  return panBy({ zoom, x, y }, 0, 0, pane, picture);
}

/** Left and top edge of the picture within the pane. */
export function placeOf(camera: Camera, pane: Size, picture: Size): { x: number; y: number; zoom: number } {
  const zoom = zoomOf(camera, pane, picture);
  const fitted = camera.zoom === null;
  return {
    x: (pane.width - picture.width * zoom) / 2 + (fitted ? 0 : camera.x),
    y: (pane.height - picture.height * zoom) / 2 + (fitted ? 0 : camera.y),
    zoom,
  };
}
