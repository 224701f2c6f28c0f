/**
 * How Retake and a plugin's process speak: frames over a pipe. A frame is a header of 16 bytes (kind, id, bytes of JSON, bytes of
 * number arrays; little endian), JSON, and the arrays as they lie. Not Node's own channel: that one keeps and parses whatever
 * comes, however much it is, and its values may refer to themselves. Here the size is known before a byte is kept, and what is
 * read is a tree as large as its text.
 */

export const KIND = { word: 0, reply: 1, ask: 2, call: 3, answer: 4 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

const HEADER = 16;
const DEEPEST = 100;

const ARRAYS = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array } as const;
type ArrayName = keyof typeof ARRAYS;
type NumberArray = InstanceType<(typeof ARRAYS)[ArrayName]>;

/** Stands for an array in the JSON: no text of a plugin's own needs such a key. */
const MARK = '\u0000';

const { parse, stringify } = JSON;
const { isArray } = Array;
const { keys: keysOf } = Object;
const { isFinite: isFiniteNumber } = Number;
const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { fatal: true });

/** A value that cannot be sent, or what came is no message. Its message is for people, and says where. */
export class WireFault extends Error {}

export interface Frame {
  readonly kind: Kind;
  readonly id: number;
  readonly value: unknown;
}

/** What a frame announces before its body comes. */
export interface Announced {
  readonly kind: number;
  readonly id: number;
  readonly json: number;
  readonly arrays: number;
}

const padded = (bytes: number) => Math.ceil(bytes / 8) * 8;

function nameOf(value: object): ArrayName | null {
  if (value instanceof Float32Array) return 'f32';
  if (value instanceof Uint8Array) return 'u8';
  if (value instanceof Float64Array) return 'f64';
  return value instanceof Int32Array ? 'i32' : null;
}

/** Whether all numbers are finite; half a millisecond for 512 K floats. */
function allFinite(values: Float32Array | Float64Array): boolean {
  let sum = 0;
  // A number times zero is zero, unless it is none.
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

/**
 * The parts of a frame, to be written one after the other. Arrays are not copied: they must stay as they are until then.
 * @throws WireFault for numbers that are not finite, and for what JSON does not know
 */
export function encodeFrame(kind: Kind, id: number, value: unknown): Uint8Array[] {
  const arrays: Uint8Array[] = [];
  let bytes = 0;
  const lower = (one: unknown, where: string, depth: number): unknown => {
    if (typeof one === 'number' && !isFiniteNumber(one)) throw new WireFault(`${where} is ${one}`);
    if (typeof one === 'bigint' || typeof one === 'function' || typeof one === 'symbol')
      throw new WireFault(`${where} is a ${typeof one}`);
    if (typeof one !== 'object' || one === null) return one;
    if (depth > DEEPEST) throw new WireFault('it is nested too deeply');
    const name = nameOf(one);
    if (name !== null) {
      const array = one as NumberArray;
      if ((array instanceof Float32Array || array instanceof Float64Array) && !allFinite(array))
        throw new WireFault(`${where} holds numbers that are not finite`);
      const at = bytes;
      arrays[arrays.length] = new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
      bytes += padded(array.byteLength);
      return { [MARK + name]: [at, array.length] };
    }
    if (isArray(one)) {
      const copy: unknown[] = [];
      for (let i = 0; i < one.length; i++) copy[i] = lower(one[i], `${where}[${i}]`, depth + 1);
      return copy;
    }
    const copy: Record<string, unknown> = {};
    const keys = keysOf(one);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (key === '__proto__') throw new WireFault(`${where} has a key "__proto__"`);
      copy[key] = lower((one as Record<string, unknown>)[key], `${where}.${key}`, depth + 1);
    }
    return copy;
  };
  const json = utf8.encode(stringify(lower(value, 'it', 0) ?? null));
  const head = new Uint8Array(HEADER + padded(json.length)).fill(0x20);
  const view = new DataView(head.buffer);
  view.setUint32(0, kind, true);
  view.setUint32(4, id, true);
  view.setUint32(8, padded(json.length), true);
  view.setUint32(12, bytes, true);
  head.set(json, HEADER);
  const parts: Uint8Array[] = [head];
  for (let i = 0; i < arrays.length; i++) {
    const array = arrays[i]!;
    parts[parts.length] = array;
    const gap = padded(array.length) - array.length;
    if (gap > 0) parts[parts.length] = new Uint8Array(gap);
  }
  return parts;
}

/** @throws WireFault */
function decodeBody(body: Uint8Array<ArrayBuffer>, json: number): unknown {
  const raise = (one: unknown, depth: number): unknown => {
    // "1e999" is JSON.
    if (typeof one === 'number' && !isFiniteNumber(one))
      throw new WireFault('it holds a number that is not finite');
    if (typeof one !== 'object' || one === null) return one;
    if (depth > DEEPEST) throw new WireFault('it is nested too deeply');
    if (isArray(one)) {
      for (let i = 0; i < one.length; i++) one[i] = raise(one[i], depth + 1);
      return one;
    }
    const keys = keysOf(one);
    const values = one as Record<string, unknown>;
    if (keys.length === 1 && keys[0]![0] === MARK) return arrayAt(keys[0]!, values[keys[0]!]);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (key === '__proto__') throw new WireFault('it has a key "__proto__"');
      values[key] = raise(values[key], depth + 1);
    }
    return one;
  };
  const arrayAt = (key: string, place: unknown): NumberArray => {
    const name = key.slice(1);
    const [at, length] = isArray(place) ? (place as unknown[]) : [];
    const fits =
      json % 8 === 0 &&
      (name === 'f32' || name === 'f64' || name === 'i32' || name === 'u8') &&
      Number.isSafeInteger(at) &&
      Number.isSafeInteger(length) &&
      (at as number) >= 0 &&
      (at as number) % 8 === 0 &&
      (length as number) >= 0 &&
      json + (at as number) + (length as number) * ARRAYS[name].BYTES_PER_ELEMENT <= body.length;
    if (!fits) throw new WireFault('it has an array that is not there');
    const array = new ARRAYS[name](body.buffer, body.byteOffset + json + (at as number), length as number);
    if ((array instanceof Float32Array || array instanceof Float64Array) && !allFinite(array))
      throw new WireFault('it holds numbers that are not finite');
    return array;
  };
  let tree: unknown;
  try {
    tree = parse(text.decode(body.subarray(0, json)));
  } catch {
    throw new WireFault('it is no JSON');
  }
  return raise(tree, 0);
}

interface ReaderOptions {
  /** Asked before a byte of the body is kept: whether it is to be kept. Throws to refuse it and all that follows. */
  readonly accept: (announced: Announced) => boolean;
  readonly onFrame: (frame: Frame) => void;
  /** What came in a frame that is not what it says; the next one can be read. */
  readonly onFault: (announced: Announced, fault: WireFault) => void;
}

/** Puts frames together of what comes, in pieces of any size. */
export class FrameReader {
  readonly #options: ReaderOptions;
  readonly #header = new Uint8Array(HEADER);
  #filled = 0;
  #announced: Announced | null = null;
  /** Null while the body is passed over. */
  #body: Uint8Array<ArrayBuffer> | null = null;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const announced = this.#announced;
      const wanted = announced === null ? HEADER : announced.json + announced.arrays;
      const take = Math.min(wanted - this.#filled, chunk.length - at);
      const to = announced === null ? this.#header : this.#body;
      to?.set(chunk.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled < wanted) return;
      this.#filled = 0;
      if (announced === null) this.#begin();
      else this.#finish(announced);
    }
  }

  #begin(): void {
    const view = new DataView(this.#header.buffer);
    const [kind, id, json, arrays] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [
      number,
      number,
      number,
      number,
    ];
    const announced = { kind, id, json, arrays };
    const kept = this.#options.accept(announced);
    this.#announced = announced;
    this.#body = kept ? new Uint8Array(json + arrays) : null;
    if (json + arrays === 0) this.#finish(announced);
  }

  #finish(announced: Announced): void {
    const body = this.#body;
    this.#announced = null;
    this.#body = null;
    if (!body) return;
    let value: unknown;
    try {
      value = decodeBody(body, announced.json);
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
      this.#options.onFault(announced, error);
      return;
    }
    this.#options.onFrame({ kind: announced.kind as Kind, id: announced.id, value });
  }
}
