/** Finds NaN and infinity among stored weights while their file is read for its digest. */
import { join } from 'node:path';
import { ELEMENT } from '../onnx/ir/types.ts';
import type { LoadedGraph } from '../onnx/slim.ts';

/** Where a weight lies in its file. */
export interface WeightRange {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly length: number;
}

/** By real path of the file. */
export type WeightRanges = ReadonlyMap<string, readonly WeightRange[]>;

/** Of all weights that the graphs read. */
export function weightRanges(graphs: Iterable<LoadedGraph>): WeightRanges {
  const found = new Map<string, WeightRange[]>();
  for (const { model, folder } of graphs) {
    for (const { name, type, data } of model.graph.initializers.values()) {
      if (data.kind !== 'external' || data.length === null) continue;
      const file = join(folder, data.location);
      const ranges = found.get(file) ?? [];
      ranges.push({ name, type, offset: data.offset, length: data.length });
      found.set(file, ranges);
    }
  }
  return found;
}

/**
 * How an exponent of all ones is seen in 32 bits at once: masked and with one added to it, it runs over into the bit above.
 * @see IEEE 754, and "FP8 Formats for Deep Learning" (Micikevicius et al. 2022) for float8, whose e4m3 has NaN only
 */
interface Exponents {
  /** Bytes of an element. */
  readonly size: number;
  readonly mask: number;
  readonly one: number;
  readonly over: number;
}

const EXPONENTS: Readonly<Record<number, Exponents>> = {
  [ELEMENT.float64]: { size: 8, mask: 0x7ff00000, one: 0x00100000, over: 0x80000000 },
  [ELEMENT.float32]: { size: 4, mask: 0x7f800000, one: 0x00800000, over: 0x80000000 },
  [ELEMENT.float16]: { size: 2, mask: 0x7c007c00, one: 0x04000400, over: 0x80008000 },
  [ELEMENT.bfloat16]: { size: 2, mask: 0x7f807f80, one: 0x00800080, over: 0x80008000 },
  [ELEMENT.float8e4m3fn]: { size: 1, mask: 0x7f7f7f7f, one: 0x01010101, over: 0x80808080 },
  [ELEMENT.float8e5m2]: { size: 1, mask: 0x7c7c7c7c, one: 0x04040404, over: 0x80808080 },
};

const WORD = 4;

/** Told of a file's bytes in order, it says which weight is first to hold what is no number. */
export class FiniteCheck {
  readonly #ranges: readonly WeightRange[];
  #next = 0;
  #at = 0;
  /** Of an element that the last piece broke off in. */
  #begun: Uint8Array = new Uint8Array(0);
  #scratch: Uint8Array = new Uint8Array(0);

  /** @param ranges of one file; they may lie over each other */
  constructor(ranges: readonly WeightRange[]) {
    this.#ranges = apart(ranges.filter(({ type }) => EXPONENTS[type]));
  }

  /** @returns the name of the weight, or null while all is well */
  take(piece: Uint8Array): string | null {
    const end = this.#at + piece.length;
    for (; this.#next < this.#ranges.length; this.#next++) {
      const range = this.#ranges[this.#next]!;
      if (range.offset >= end) break;
      const from = Math.max(range.offset, this.#at) - this.#at;
      const to = Math.min(range.offset + range.length, end) - this.#at;
      if (!this.#sound(piece.subarray(from, to), EXPONENTS[range.type]!)) return range.name;
      if (range.offset + range.length > end) break;
      this.#begun = new Uint8Array(0);
    }
    this.#at = end;
    return null;
  }

  #sound(bytes: Uint8Array, exponents: Exponents): boolean {
    const { size } = exponents;
    const whole = this.#begun.length === 0 ? bytes : Buffer.concat([this.#begun, bytes]);
    const rest = whole.length % size;
    this.#begun = whole.slice(whole.length - rest);
    // Padded with zeros to whole words.
    const length = whole.length - rest;
    const words = Math.ceil(length / WORD);
    let aligned = whole;
    if (whole.byteOffset % WORD !== 0 || length % WORD !== 0) {
      if (this.#scratch.length < words * WORD) this.#scratch = new Uint8Array(words * WORD);
      aligned = this.#scratch;
      aligned.set(whole.subarray(0, length));
      aligned.fill(0, length, words * WORD);
    }
    return noneRunsOver(new Uint32Array(aligned.buffer, aligned.byteOffset, words), exponents);
  }
}

function noneRunsOver(words: Uint32Array, { size, mask, one, over }: Exponents): boolean {
  let seen = 0;
  // The exponent of a double is in the upper of its two words.
  const [first, step] = size === 8 ? [1, 2] : [0, 1];
  for (let i = first; i < words.length; i += step) seen |= (words[i]! & mask) + one;
  return (seen & over) === 0;
}

/** In their order in the file, without what lies in another: both halves of a packed matrix, one that two parts read. */
function apart(ranges: readonly WeightRange[]): WeightRange[] {
  const found: WeightRange[] = [];
  let end = 0;
  for (const range of [...ranges].sort((a, b) => a.offset - b.offset || b.length - a.length)) {
    if (range.offset < end) continue;
    found.push(range);
    end = range.offset + range.length;
  }
  return found;
}
