/** Peaks of a sound at any zoom: each level holds the lowest and highest of four buckets of the level below. */

const FACTOR = 4;

export class Peaks {
  readonly #levels: readonly Int8Array[];
  readonly #perSecond: number;

  /** `buckets`: lowest and highest of each bucket, -127..127 interleaved. */
  constructor(buckets: Int8Array, bucketsPerSecond: number) {
    const levels = [buckets];
    for (let level = buckets; level.length > 2 * FACTOR; ) {
      level = coarser(level);
      levels.push(level);
    }
    this.#levels = levels;
    this.#perSecond = bucketsPerSecond;
  }

  /** Lowest and highest value between two times in seconds, as two numbers -1..1; zeros outside the sound. */
  between(from: number, to: number, into: [number, number]): void {
    let level = 0;
    let first = from * this.#perSecond;
    let last = to * this.#perSecond;
    while (last - first > FACTOR && level + 1 < this.#levels.length) {
      first /= FACTOR;
      last /= FACTOR;
      level++;
    }
    const buckets = this.#levels[level]!;
    const start = Math.max(0, Math.floor(first));
    const end = Math.min(buckets.length / 2, Math.max(start + 1, Math.ceil(last)));
    let low = 0;
    let high = 0;
    for (let at = start; at < end; at++) {
      low = Math.min(low, buckets[2 * at]!);
      high = Math.max(high, buckets[2 * at + 1]!);
    }
    into[0] = low / 127;
    into[1] = high / 127;
  }
}

function coarser(level: Int8Array): Int8Array {
  const count = level.length >> 1;
  const out = new Int8Array(2 * Math.ceil(count / FACTOR));
  for (let at = 0; at < count; at++) {
    const to = 2 * Math.floor(at / FACTOR);
    out[to] = Math.min(out[to]!, level[2 * at]!);
    out[to + 1] = Math.max(out[to + 1]!, level[2 * at + 1]!);
  }
  return out;
}
