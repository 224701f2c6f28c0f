/** Reads the protobuf wire format of a file of any size by position, without loading it. */
import { closeSync, readSync } from 'node:fs';
import { LARGEST_WEIGHTS, openPlainFile } from './plain-file.ts';

/** The bytes are not what a protobuf message may be: cut short or damaged. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

export interface Field {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wire: number;
  /** Position of the tag. */
  readonly start: number;
  /** Position of the payload and one past it. */
  readonly from: number;
  readonly to: number;
}

/** Small, because between two weights lies little and each jump over one reads a window anew. */
const WINDOW = 1 << 14;

export class WireFile implements Disposable {
  readonly size: number;
  readonly #fd: number;
  #window: Buffer = Buffer.alloc(0);
  #base = 0;

  constructor(path: string) {
    const { fd, size } = openPlainFile(path, LARGEST_WEIGHTS);
    this.#fd = fd;
    this.size = size;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  /** A copy of bytes [from, to). */
  bytes(from: number, to: number): Buffer {
    if (to > this.size) throw new WireError(`ends at byte ${this.size}, ${to} are needed`);
    if (to - from > WINDOW) return this.#read(from, to - from);
    this.#ensure(from, to);
    return Buffer.from(this.#window.subarray(from - this.#base, to - this.#base));
  }

  /** The fields of the message in [from, to). */
  *fields(from: number, to: number): Generator<Field> {
    if (to > this.size) throw new WireError(`ends at byte ${this.size}, ${to} are needed`);
    let at = from;
    while (at < to) {
      const tag = this.#varint(at, to);
      const wire = tag.value & 7;
      const number = Math.floor(tag.value / 8);
      let payload = tag.next;
      let end: number;
      if (wire === 0) end = this.#varint(payload, to).next;
      else if (wire === 1) end = payload + 8;
      else if (wire === 5) end = payload + 4;
      else if (wire === 2) {
        const length = this.#varint(payload, to);
        payload = length.next;
        end = payload + length.value;
      } else throw new WireError(`wire type ${wire} at byte ${at}`);
      if (number === 0) throw new WireError(`field number 0 at byte ${at}`);
      if (end > to) throw new WireError(`a field at byte ${at} runs to ${end}, past ${to}`);
      yield { number, wire, start: at, from: payload, to: end };
      at = end;
    }
  }

  /** Exact up to 2^53; lengths beyond that cannot lie in a file anyway. */
  #varint(at: number, limit: number): { value: number; next: number } {
    let value = 0;
    let scale = 1;
    for (let next = at; next < limit && next < at + 10; next++, scale *= 128) {
      this.#ensure(next, next + 1);
      const byte = this.#window[next - this.#base]!;
      value += (byte & 127) * scale;
      if (byte < 128) return { value, next: next + 1 };
    }
    throw new WireError(`an unfinished number at byte ${at}`);
  }

  #ensure(from: number, to: number): void {
    if (from >= this.#base && to <= this.#base + this.#window.length) return;
    this.#window = this.#read(from, Math.min(WINDOW, this.size - from));
    this.#base = from;
    if (to > from + this.#window.length) throw new WireError(`ends at byte ${this.size}, ${to} are needed`);
  }

  #read(from: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#fd, buffer, done, Math.min(length - done, 1 << 30), from + done);
      if (count === 0) throw new WireError(`ends at byte ${from + done}, ${from + length} are needed`);
      done += count;
    }
    return buffer;
  }
}

/** A varint of a non-negative safe integer. */
export function encodeVarint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
  return Buffer.from(out);
}

/** A length-delimited field. */
export function encodeField(number: number, parts: readonly Buffer[]): Buffer[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [encodeVarint(number * 8 + 2), encodeVarint(length), ...parts];
}
