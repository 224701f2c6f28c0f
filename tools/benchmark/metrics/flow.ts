/** Pixel-MSE (Ceylan et al. 2023): how much a picture changes along the motion of the source. */
import { assert } from '../../../src/common/errors.ts';

export interface Motion {
  /** (height, width, 2) in pixels, x then y: where each point of this frame stands in the next one. */
  readonly flow: Float32Array;
  /** Per pixel, not 0 where the point cannot be seen in the next frame. */
  readonly occluded: Uint8Array;
}

export interface WarpError {
  /** Mean squared error in squared 8-bit steps; null where every pixel is occluded. */
  readonly mse: number | null;
  /** Pixels compared. */
  readonly pixels: number;
}

/**
 * The next frame is sampled bilinearly where the flow points, borders repeated, and compared with this one over the pixels
 * that are not occluded.
 * @param frame, next RGB8 of height·width·3
 */
export function warpError(
  frame: Uint8Array,
  next: Uint8Array,
  width: number,
  height: number,
  { flow, occluded }: Motion,
): WarpError {
  const size = width * height;
  assert(frame.length === 3 * size && next.length === 3 * size, 'two RGB pictures of the size given');
  assert(flow.length === 2 * size && occluded.length === size, 'flow and occlusion of the same size');
  let sum = 0;
  let pixels = 0;
  for (let i = 0; i < size; i++) {
    if (occluded[i]) continue;
    const x = clamp((i % width) + flow[2 * i]!, width - 1);
    const y = clamp(Math.floor(i / width) + flow[2 * i + 1]!, height - 1);
    const [left, top] = [Math.min(Math.floor(x), width - 1), Math.min(Math.floor(y), height - 1)];
    const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
    const [u, v] = [x - left, y - top];
    for (let c = 0; c < 3; c++) {
      const at = (column: number, row: number) => next[3 * (row * width + column) + c]!;
      const above = (1 - u) * at(left, top) + u * at(right, top);
      const below = (1 - u) * at(left, bottom) + u * at(right, bottom);
      sum += ((1 - v) * above + v * below - frame[3 * i + c]!) ** 2;
    }
    pixels++;
  }
  return { mse: pixels === 0 ? null : sum / (3 * pixels), pixels };
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
