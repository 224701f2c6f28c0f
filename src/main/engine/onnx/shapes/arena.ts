/**
 * The memory that onnxruntime takes from the system for what it computes, as its own allocator keeps it (core/framework/bfc_arena.cc):
 * regions that grow and are never given back, in which the smallest free stretch that is large enough is taken.
 */

const ALIGNED = 256;
const FIRST_REGION = 2 ** 20;
const LARGEST_REGION = 2 ** 30;
/** A free stretch that is longer than wanted by more is always parted. */
const MOST_UNUSED = 128 * 2 ** 20;

interface Chunk {
  readonly region: Region;
  readonly start: number;
  size: number;
  free: boolean;
  before: Chunk | null;
  after: Chunk | null;
}

interface Region {
  /** Stretches that were ever used, in order, none touching another: pages that nobody wrote to are not there. */
  touched: (readonly [start: number, end: number])[];
}

export interface Allocation {
  readonly chunk: Chunk;
}

export class Arena {
  readonly #regions: Region[] = [];
  readonly #free = new Set<Chunk>();
  #next = FIRST_REGION;

  /** Bytes of memory that were ever used, which stay. */
  get touched(): number {
    return this.#regions.reduce(
      (sum, { touched }) => sum + touched.reduce((all, [start, end]) => all + end - start, 0),
      0,
    );
  }

  take(bytes: number): Allocation {
    const size = Math.max(ALIGNED, Math.ceil(bytes / ALIGNED) * ALIGNED);
    const chunk = this.#smallest(size) ?? this.#extend(size);
    this.#free.delete(chunk);
    chunk.free = false;
    if (chunk.size >= 2 * size || chunk.size - size >= MOST_UNUSED) this.#part(chunk, size);
    touch(chunk.region, chunk.start, chunk.start + size);
    return { chunk };
  }

  give({ chunk }: Allocation): void {
    let whole = chunk;
    whole.free = true;
    if (whole.after?.free) {
      this.#free.delete(whole.after);
      whole.size += whole.after.size;
      whole.after = whole.after.after;
      if (whole.after) whole.after.before = whole;
    }
    const { before } = whole;
    if (before?.free) {
      before.size += whole.size;
      before.after = whole.after;
      if (before.after) before.after.before = before;
      whole = before;
    }
    this.#free.add(whole);
  }

  #smallest(size: number): Chunk | null {
    let best: Chunk | null = null;
    for (const chunk of this.#free) {
      if (chunk.size < size) continue;
      if (best === null || chunk.size < best.size) best = chunk;
    }
    return best;
  }

  #extend(size: number): Chunk {
    let doubled = false;
    while (size > this.#next) {
      this.#next *= 2;
      doubled = true;
    }
    const bytes = this.#next;
    if (!doubled) this.#next = Math.min(2 * this.#next, LARGEST_REGION);
    const region: Region = { touched: [] };
    this.#regions.push(region);
    return { region, start: 0, size: bytes, free: true, before: null, after: null };
  }

  #part(chunk: Chunk, size: number): void {
    const { region, start, after } = chunk;
    const rest: Chunk = {
      ...{ region, start: start + size, size: chunk.size - size, free: true },
      ...{ before: chunk, after },
    };
    if (after) after.before = rest;
    chunk.after = rest;
    chunk.size = size;
    this.#free.add(rest);
  }
}

function touch(region: Region, start: number, end: number): void {
  let [low, high] = [start, end];
  const apart = region.touched.filter(([a, b]) => {
    const meets = a <= high && b >= low;
    if (meets) [low, high] = [Math.min(low, a), Math.max(high, b)];
    return !meets;
  });
  region.touched = [...apart, [low, high] as const].sort(([a], [b]) => a - b);
}
