/** The pixels on which a mask is drawn: those of the picture, at whatever scale. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** width × height cells that show the whole picture. */
export interface Grid extends Size {
  /** The clip's, in the pixels that masks are given in. */
  readonly picture: Size;
}

/** Cells per pixel of the picture, across and down. */
export function scalesOf({ width, height, picture }: Grid): readonly [across: number, down: number] {
  return [width / picture.width, height / picture.height];
}

/** Cells per pixel of the picture, for lengths without a direction. */
export function scaleOf(grid: Grid): number {
  const [across, down] = scalesOf(grid);
  return Math.sqrt(across * down);
}
