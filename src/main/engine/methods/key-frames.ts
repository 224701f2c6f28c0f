/** Key frames, and the frames between them. */

/** Every n-th frame from the first, the last, and frames that are key frames in any case; ascending, each once. */
export function keyFrames(frames: number, every: number, also: readonly number[]): number[] {
  const spaced = Array.from({ length: Math.ceil(frames / every) }, (_, i) => i * every);
  return [...new Set([...spaced, frames - 1, ...also])].sort((a, b) => a - b);
}

export interface Interval {
  readonly left: number;
  readonly right: number;
  /** Between the two; at least one. */
  readonly frames: readonly number[];
}

/** What lies between neighbouring key frames. */
export function intervals(keys: readonly number[]): Interval[] {
  return keys.slice(1).flatMap((right, i) => {
    const left = keys[i]!;
    const frames = Array.from({ length: right - left - 1 }, (_, f) => left + 1 + f);
    return frames.length > 0 ? [{ left, right, frames }] : [];
  });
}
