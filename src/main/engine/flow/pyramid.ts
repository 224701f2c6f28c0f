/** Grey pictures from fine to coarse. */

/** Row-major. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Luma of RGB8 (height·width·3), 0..255 (BT.601 weights). */
export function grey(rgb: Uint8Array, width: number, height: number): Plane {
  const data = new Float32Array(width * height);
  for (let i = 0, k = 0; i < data.length; i++, k += 3) {
    data[i] = 0.299 * rgb[k]! + 0.587 * rgb[k + 1]! + 0.114 * rgb[k + 2]!;
  }
  return { width, height, data };
}

/** Half as wide and high, rounded up: means of two by two pixels, the last column and row repeated where one is missing. */
export function halve({ width, height, data }: Plane): Plane {
  const columns = (width + 1) >> 1;
  const rows = (height + 1) >> 1;
  const out = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    const top = 2 * y * width;
    const below = 2 * y + 1 < height ? top + width : top;
    for (let x = 0; x < columns; x++) {
      const left = 2 * x;
      const right = left + 1 < width ? left + 1 : left;
      out[y * columns + x] =
        0.25 * (data[top + left]! + data[top + right]! + data[below + left]! + data[below + right]!);
    }
  }
  return { width: columns, height: rows, data: out };
}

/** Of a plane twice as coarse (`halve`), between its samples, edges repeated, times a factor. */
export function doubled(
  { width, height, data }: Plane,
  columns: number,
  rows: number,
  factor: number,
): Plane {
  const out = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    const py = Math.min(height - 1, Math.max(0, (y - 0.5) / 2));
    const top = Math.floor(py);
    const v = py - top;
    const upper = top * width;
    const lower = v > 0 ? upper + width : upper;
    for (let x = 0; x < columns; x++) {
      const px = Math.min(width - 1, Math.max(0, (x - 0.5) / 2));
      const left = Math.floor(px);
      const u = px - left;
      const right = u > 0 ? left + 1 : left;
      const above = (1 - u) * data[upper + left]! + u * data[upper + right]!;
      const below = (1 - u) * data[lower + left]! + u * data[lower + right]!;
      out[y * columns + x] = factor * ((1 - v) * above + v * below);
    }
  }
  return { width: columns, height: rows, data: out };
}

/** With its edges repeated outwards. */
export function padded({ width, height, data }: Plane, by: number): Plane {
  const columns = width + 2 * by;
  const rows = height + 2 * by;
  const out = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    const from = Math.min(height - 1, Math.max(0, y - by)) * width;
    const to = y * columns;
    out.fill(data[from]!, to, to + by);
    out.set(data.subarray(from, from + width), to + by);
    out.fill(data[from + width - 1]!, to + by + width, to + columns);
  }
  return { width: columns, height: rows, data: out };
}

/** Central differences, one-sided at the edges. */
export function gradients({ width, height, data }: Plane): { x: Float32Array; y: Float32Array } {
  const gx = new Float32Array(data.length);
  const gy = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const above = y > 0 ? -width : 0;
    const below = y < height - 1 ? width : 0;
    const down = above !== 0 && below !== 0 ? 0.5 : 1;
    for (let x = 0; x < width; x++) {
      const i = row + x;
      const left = x > 0 ? 1 : 0;
      const right = x < width - 1 ? 1 : 0;
      gx[i] = (data[i + right]! - data[i - left]!) * (left + right === 2 ? 0.5 : 1);
      gy[i] = (data[i + below]! - data[i + above]!) * down;
    }
  }
  return { x: gx, y: gy };
}
