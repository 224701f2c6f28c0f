/** Pixel-MSE, the error along the flow (Ceylan et al. 2023): how much a picture changes along the motion of the source. */
import { assert } from '../../../common/errors.ts';

export interface SourceMotion {
  /** (2, height, width) in pixels, x then y: how far each place of this frame moves until the next one. */
  readonly flow: Float32Array;
  /** (height, width), not 0 where the place cannot be seen in the next frame. */
  readonly hidden: ArrayLike<number>;
}

export interface WarpError {
  /** Mean squared error in squared 8-bit steps; null where every pixel is hidden. */
  readonly mse: number | null;
  /** Pixels compared. */
  readonly pixels: number;
}

/**
 * The next frame is sampled bilinearly where the flow points, borders repeated, and compared with this one over the pixels
 * that are not hidden.
 * @param frame, next RGB8 of height·width·3
 */
export function warpError(
  frame: Uint8Array,
  next: Uint8Array,
  width: number,
  height: number,
  { flow, hidden }: SourceMotion,
): WarpError {
  const size = width * height;
  assert(frame.length === 3 * size && next.length === 3 * size, 'two RGB pictures of the size given');
  assert(flow.length === 2 * size && hidden.length === size, 'flow and hidden places of the same size');
  let sum = 0;
  let pixels = 0;
  for (let i = 0; i < size; i++) {
    if (hidden[i]) continue;
    const x = clamp((i % width) + flow[i]!, width - 1);
    const y = clamp(Math.floor(i / width) + flow[size + i]!, height - 1);
    const [left, top] = [Math.min(Math.floor(x), width - 1), Math.min(Math.floor(y), height - 1)];
    const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
    const [u, v] = [x - left, y - top];
    const [upper, lower] = [top * width, bottom * width];
    for (let c = 0; c < 3; c++) {
      const above = (1 - u) * next[3 * (upper + left) + c]! + u * next[3 * (upper + right) + c]!;
      const below = (1 - u) * next[3 * (lower + left) + c]! + u * next[3 * (lower + right) + c]!;
      sum += ((1 - v) * above + v * below - frame[3 * i + c]!) ** 2;
    }
    pixels++;
  }
  return { mse: pixels === 0 ? null : sum / (3 * pixels), pixels };
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
