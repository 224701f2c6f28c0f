/** Pictures and flows seen along a flow. */
import { assert } from '../../../common/errors.ts';
import type { Flow } from './flow.ts';

/**
 * out[c](x, y) = planes[c](x + fx, y + fy), bilinear, edges repeated: b as it looks from a, given the flow from a to b.
 * @param planes (channels, height, width) of the flow's size
 */
export function warp(planes: Float32Array, { width, height, data }: Flow): Float32Array {
  const size = width * height;
  assert(planes.length % size === 0, 'planes of the size of the flow');
  const out = new Float32Array(planes.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const px = Math.min(width - 1, Math.max(0, x + data[i]!));
      const py = Math.min(height - 1, Math.max(0, y + data[size + i]!));
      const [left, top] = [Math.floor(px), Math.floor(py)];
      const [u, v] = [px - left, py - top];
      const at = top * width + left;
      const right = u > 0 ? 1 : 0;
      const below = v > 0 ? width : 0;
      for (let start = 0; start < planes.length; start += size) {
        const k = start + at;
        const upper = (1 - u) * planes[k]! + u * planes[k + right]!;
        const lower = (1 - u) * planes[k + below]! + u * planes[k + below + right]!;
        out[start + i] = (1 - v) * upper + v * lower;
      }
    }
  }
  return out;
}

/** From a to c, of the flows from a to b and from b to c. Both of one size. */
export function compose(first: Flow, second: Flow): Flow {
  const { width, height } = first;
  assert(second.width === width && second.height === height, 'flows of one size');
  const data = warp(second.data, first);
  for (let i = 0; i < data.length; i++) data[i]! += first.data[i]!;
  return { width, height, data };
}
