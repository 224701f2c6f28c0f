/** Distances to the edge of a mask, and edges moved and softened by them. */
import type { Size } from './grid.ts';

/**
 * (h, w), in cells: how far inside (positive) or outside the line lies at which coverage is `threshold`, which is found between
 * pixels. Infinite where there is no such line. What lies beyond the picture is as its edge is, so it has no line of its own.
 * Nearest points are handed on from neighbour to neighbour (Danielsson 1980, eight neighbours); of a curved edge
 * they are a third of a cell off at most.
 */
export function signedDistance(
  coverage: Float32Array,
  { width, height }: Size,
  threshold = 0.5,
): Float32Array {
  const count = width * height;
  // The nearest point of the line that is known so far.
  const nearX = new Float32Array(count);
  const nearY = new Float32Array(count);
  const best = new Float32Array(count).fill(Number.POSITIVE_INFINITY);
  const offer = (at: number, x: number, y: number, pointX: number, pointY: number) => {
    const distance = (pointX - x) * (pointX - x) + (pointY - y) * (pointY - y);
    if (distance >= best[at]!) return;
    best[at] = distance;
    nearX[at] = pointX;
    nearY[at] = pointY;
  };
  const isInside = (at: number) => coverage[at]! >= threshold;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const mine = coverage[at]!;
      if (x + 1 < width && isInside(at) !== isInside(at + 1)) {
        const point = x + (threshold - mine) / (coverage[at + 1]! - mine);
        offer(at, x, y, point, y);
        offer(at + 1, x + 1, y, point, y);
      }
      if (y + 1 < height && isInside(at) !== isInside(at + width)) {
        const point = y + (threshold - mine) / (coverage[at + width]! - mine);
        offer(at, x, y, x, point);
        offer(at + width, x, y + 1, x, point);
      }
    }
  }
  const hear = (at: number, x: number, y: number, dx: number, dy: number) => {
    if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) return;
    const from = at + dy * width + dx;
    if (best[from] !== Number.POSITIVE_INFINITY) offer(at, x, y, nearX[from]!, nearY[from]!);
  };
  for (const down of [1, -1]) {
    for (let row = 0; row < height; row++) {
      const y = down === 1 ? row : height - 1 - row;
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        hear(at, x, y, 0, -down);
        hear(at, x, y, -1, -down);
        hear(at, x, y, 1, -down);
        hear(at, x, y, -1, 0);
      }
      for (let x = width - 1; x >= 0; x--) hear(y * width + x, x, y, 1, 0);
    }
  }
  return best.map((distance, at) => (isInside(at) ? 1 : -1) * Math.sqrt(distance));
}

export interface Edge {
  /** Cells outwards; negative shrinks. */
  readonly grow: number;
  /** Width in cells of the soft edge, half of it on either side. */
  readonly feather: number;
  /**
   * Lines of coverage that are moved, each by itself: one for masks with sharp edges, more for those whose greys mean something,
   * like hair in a matte.
   */
  readonly lines: number;
}

/** Coverage with its edge moved and softened; as it is where both are 0. */
export function moveEdge(coverage: Float32Array, size: Size, { grow, feather, lines }: Edge): Float32Array {
  if (grow === 0 && feather === 0) return coverage;
  const out = new Float32Array(coverage.length);
  for (let line = 0; line < lines; line++) {
    const inside = signedDistance(coverage, size, (line + 0.5) / lines);
    for (let i = 0; i < out.length; i++) out[i] = out[i]! + rampAt(inside[i]! + grow, feather) / lines;
  }
  return out;
}

/** From 0 to 1 over the feather; over one pixel where there is none, as a sharp edge is drawn. */
function rampAt(inside: number, feather: number): number {
  const share = Math.min(1, Math.max(0, 0.5 + inside / Math.max(1, feather)));
  return feather > 0 ? share * share * (3 - 2 * share) : share;
}
