/**
 * Motions too far for a descent that begins with none: a few patches with much to see are compared with every place
 * around them, and what they find is tried by all patches.
 */
import { gradients, type Plane } from './pyramid.ts';

export interface Motion {
  readonly x: number;
  readonly y: number;
}

const SIDE = 8;
const AREA = SIDE * SIDE;
/** Patches along the longer side of the picture. */
const CELLS = 8;
/** Pixels of this grid that a motion may have along each axis. */
const RADIUS = 24;

/** Whole motions between two pictures of one size, the same only once. Meant for a coarse grid. */
export function farMotions(a: Plane, b: Plane): Motion[] {
  const { width, height } = a;
  const texture = textureOf(a);
  const cell = Math.max(SIDE, Math.ceil(Math.max(width, height) / CELLS));
  const found = new Map<string, Motion>();
  for (let top = 0; top + SIDE <= height; top += cell) {
    for (let left = 0; left + SIDE <= width; left += cell) {
      const [endX, endY] = [Math.min(left + cell, width - SIDE + 1), Math.min(top + cell, height - SIDE + 1)];
      let most = 0;
      let place = -1;
      for (let y = top; y < endY; y += 2) {
        for (let x = left; x < endX; x += 2) {
          if (texture(x, y) <= most) continue;
          most = texture(x, y);
          place = y * width + x;
        }
      }
      if (place < 0) continue;
      const motion = nearestLike(a, b, place % width, Math.floor(place / width));
      found.set(`${motion.x} ${motion.y}`, motion);
    }
  }
  return [...found.values()];
}

/** How much a patch has in its poorer direction: the smaller eigenvalue of its structure tensor. */
function textureOf(a: Plane): (left: number, top: number) => number {
  const { width } = a;
  const { x: gx, y: gy } = gradients(a);
  return (left, top) => {
    let xx = 0;
    let xy = 0;
    let yy = 0;
    for (let row = top; row < top + SIDE; row++) {
      for (let i = row * width + left; i < row * width + left + SIDE; i++) {
        xx += gx[i]! * gx[i]!;
        xy += gx[i]! * gy[i]!;
        yy += gy[i]! * gy[i]!;
      }
    }
    return 0.5 * (xx + yy - Math.sqrt((xx - yy) ** 2 + 4 * xy * xy));
  };
}

/** The whole motion after which a patch is most like what is there, but for its brightness. */
function nearestLike(a: Plane, b: Plane, left: number, top: number): Motion {
  const { width, height } = a;
  let least = Number.POSITIVE_INFINITY;
  let best: Motion = { x: 0, y: 0 };
  const firstY = Math.max(0, top - RADIUS);
  const firstX = Math.max(0, left - RADIUS);
  const lastY = Math.min(height - SIDE, top + RADIUS);
  const lastX = Math.min(width - SIDE, left + RADIUS);
  for (let y = firstY; y <= lastY; y++) {
    for (let x = firstX; x <= lastX; x++) {
      let sum = 0;
      let squares = 0;
      for (let row = 0; row < SIDE; row++) {
        const from = (top + row) * width + left;
        const to = (y + row) * width + x;
        for (let i = 0; i < SIDE; i++) {
          const d = b.data[to + i]! - a.data[from + i]!;
          sum += d;
          squares += d * d;
        }
      }
      const error = squares - (sum * sum) / AREA;
      if (error < least) {
        least = error;
        best = { x: x - left, y: y - top };
      }
    }
  }
  return best;
}
