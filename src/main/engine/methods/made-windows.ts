/** In what company frames are made that a clip does not have: a few at a time, beside frames that are there by then. */

export interface Window {
  /** Of the clip, or made in an earlier window; ascending. */
  readonly fixed: readonly number[];
  /** Ascending. */
  readonly made: readonly number[];
}

/**
 * Between the frames of the clip first, then after them, then before them. Half of a window beyond an end is fixed.
 * @param fixed of the clip, ascending, at least one
 * @param size frames of a window, 3 or more
 */
export function windowsOf(frames: number, fixed: readonly number[], size: number): Window[] {
  const [first, last] = [fixed[0]!, fixed.at(-1)!];
  const beside = Math.floor(size / 2);
  const windows = fixed
    .slice(1)
    .flatMap((right, i) =>
      parts(fixed[i]! + 1, right, size - 2).map((made): Window => ({ fixed: [made[0]! - 1, right], made })),
    );
  for (const made of parts(last + 1, frames, size - beside)) {
    windows.push({ fixed: range(Math.max(first, made[0]! - beside), made[0]!), made });
  }
  // Backwards from the first frame.
  for (const mirrored of parts(0, first, size - beside)) {
    const made = mirrored.map((frame) => first - 1 - frame).reverse();
    const next = made.at(-1)! + 1;
    windows.push({ fixed: range(next, Math.min(frames, next + beside)), made });
  }
  return windows;
}

/** Frames [from, to) in order, so many at a time. */
function parts(from: number, to: number, size: number): number[][] {
  const count = Math.max(0, Math.ceil((to - from) / size));
  return Array.from({ length: count }, (_, i) => range(from + i * size, Math.min(to, from + (i + 1) * size)));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
