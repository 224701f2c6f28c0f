/** What a flow and the one back say of each other: what is hidden, and how far the flow can be trusted. */
import { assert } from '../../../common/errors.ts';
import type { Flow } from './flow.ts';
import { warp } from './warp.ts';

export interface Consistency {
  /** (height, width): 1 where the place of the first picture cannot be seen in the second, else 0. */
  readonly hidden: Float32Array;
  /** (height, width), 0..1: how well the way there and back leads to where it began; 0 where hidden. */
  readonly confidence: Float32Array;
}

/** Share of the motion, squared, and squared pixels, by which both ways may differ (Sundaram et al. 2010, eq. 5). */
const RELATIVE = 0.01;
const ABSOLUTE = 0.5;

/**
 * @param forward from the first picture to the second
 * @param backward from the second to the first, of the same size
 */
export function consistency(forward: Flow, backward: Flow): Consistency {
  const { width, height, data } = forward;
  assert(backward.width === width && backward.height === height, 'flows of one size');
  const size = width * height;
  const back = warp(backward.data, forward);
  const hidden = new Float32Array(size);
  const confidence = new Float32Array(size);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const [fx, fy, bx, by] = [data[i]!, data[size + i]!, back[i]!, back[size + i]!];
      const error = (fx + bx) ** 2 + (fy + by) ** 2;
      const allowed = RELATIVE * (fx * fx + fy * fy + bx * bx + by * by) + ABSOLUTE;
      const inside = x + fx > -0.5 && x + fx < width - 0.5 && y + fy > -0.5 && y + fy < height - 0.5;
      const seen = inside && error <= allowed;
      hidden[i] = seen ? 0 : 1;
      confidence[i] = seen ? 1 - error / allowed : 0;
    }
  }
  return { hidden, confidence };
}
