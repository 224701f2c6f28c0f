/** The pixels on which a veil over a picture is worked out. */
import type { Grid, Size } from '../../../common/masks/grid.ts';

/** Cells along the longer side: finer would be seen by nobody at that softness. */
const MOST = 640;

export function veilGrid(picture: Size): Grid {
  const scale = Math.min(1, MOST / Math.max(picture.width, picture.height));
  const cells = (size: number) => Math.max(1, Math.round(size * scale));
  return { width: cells(picture.width), height: cells(picture.height), picture };
}
