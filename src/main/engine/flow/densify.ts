/** Motion of every pixel from that of the patches over it, weighed by how well each explains it (Kroeger et al. 2016, eq. 3). */
import { type Patches, SIDE } from './inverse-search.ts';
import type { Plane } from './pyramid.ts';

export function densify(a: Plane, b: Plane, patches: Patches, outX: Float32Array, outY: Float32Array): void {
  const { width, height, data } = a;
  const { lefts, tops, x, y, mean, residual } = patches;
  const weights = new Float32Array(width * height);
  outX.fill(0);
  outY.fill(0);
  const [mostX, mostY] = [width - 1, height - 1];
  for (let row = 0; row < tops.length; row++) {
    for (let column = 0; column < lefts.length; column++) {
      const p = row * lefts.length + column;
      const [moveX, moveY, shift] = [x[p]!, y[p]!, mean[p]!];
      const trust = 1 / (1 + residual[p]!) ** 2;
      for (let j = tops[row]!; j < tops[row]! + SIDE; j++) {
        const atY = Math.min(mostY, Math.max(0, j + moveY));
        const top = Math.min(mostY - 1, Math.floor(atY));
        const v = atY - top;
        for (let i = lefts[column]!; i < lefts[column]! + SIDE; i++) {
          const atX = Math.min(mostX, Math.max(0, i + moveX));
          const left = Math.min(mostX - 1, Math.floor(atX));
          const u = atX - left;
          const k = top * width + left;
          const upper = b.data[k]! + u * (b.data[k + 1]! - b.data[k]!);
          const lower = b.data[k + width]! + u * (b.data[k + width + 1]! - b.data[k + width]!);
          const at = j * width + i;
          const error = Math.abs(upper + v * (lower - upper) - data[at]! - shift);
          const weight = trust / Math.max(1, error);
          weights[at]! += weight;
          outX[at]! += weight * moveX;
          outY[at]! += weight * moveY;
        }
      }
    }
  }
  for (let i = 0; i < weights.length; i++) {
    outX[i]! /= weights[i]!;
    outY[i]! /= weights[i]!;
  }
}
