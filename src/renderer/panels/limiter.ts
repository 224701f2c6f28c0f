/** A bucket that is filled again at a steady pace. */
interface Pace {
  readonly burst: number;
  readonly eachSecond: number;
  /** Milliseconds. */
  readonly now: () => number;
}

/** @returns false once more came than the bucket held */
export function limiter({ burst, eachSecond, now }: Pace): () => boolean {
  let left = burst;
  let at = now();
  return () => {
    const time = now();
    left = Math.min(burst, left + ((time - at) / 1000) * eachSecond) - 1;
    at = time;
    return left >= 0;
  };
}
