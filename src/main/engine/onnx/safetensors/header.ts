/** The header of a safetensors file: what lies where. The rules are those of the format's own reader, and no file that breaks one is opened. */
import { ELEMENT, tensorBytes } from '../ir/types.ts';

/** As the format's own reader has it. Real headers have a few hundred kilobytes. */
export const LARGEST_HEADER = 100e6;
/** The header is an object of objects of numbers in a list; anything deeper is no header. */
const DEEPEST = 4;
const METADATA = '__metadata__';

/** Element types of the format by their numbers in ONNX. */
const TYPES: Readonly<Record<string, number>> = {
  F64: ELEMENT.float64,
  F32: ELEMENT.float32,
  F16: ELEMENT.float16,
  BF16: ELEMENT.bfloat16,
  F8_E4M3: ELEMENT.float8e4m3fn,
  F8_E5M2: ELEMENT.float8e5m2,
  F8_E8M0: ELEMENT.float8e8m0,
  I64: ELEMENT.int64,
  I32: ELEMENT.int32,
  I16: ELEMENT.int16,
  I8: ELEMENT.int8,
  U64: ELEMENT.uint64,
  U32: ELEMENT.uint32,
  U16: ELEMENT.uint16,
  U8: ELEMENT.uint8,
  BOOL: ELEMENT.bool,
};

/** One line about what is wrong; `cut` where the file is shorter than it says, as a broken or running download is. */
export class HeaderError extends Error {
  override readonly name = 'HeaderError';
  readonly cut: boolean;
  constructor(message: string, cut = false) {
    super(message);
    this.cut = cut;
  }
}

interface Entry {
  /** Number of the element type as ONNX counts them. */
  readonly type: number;
  readonly dims: readonly number[];
  /** Bytes from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, Entry>;
}

/**
 * @param json the header without its length
 * @param dataBytes how many bytes follow it in the file
 * @throws HeaderError
 */
export function parseHeader(json: Uint8Array, dataBytes: number): Header {
  const text = decode(json);
  refuseNestedOrTwice(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new HeaderError('its header is not valid JSON');
  }
  if (!isObject(parsed)) throw new HeaderError('its header is no list of tensors');
  const tensors = new Map<string, Entry>();
  let metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed)) {
    if (name === METADATA) metadata = metadataOf(value);
    else tensors.set(name, entryOf(name, value));
  }
  refuseOverlapsAndHoles(tensors, dataBytes);
  return { metadata, tensors };
}

function decode(json: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(json);
  } catch {
    throw new HeaderError('its header is not text');
  }
}

/** What JSON.parse lets pass: the last of two equal names, and nesting to the end of the stack. */
function refuseNestedOrTwice(text: string): void {
  const names: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '{' || char === '[') {
      names.push(new Set());
      if (names.length > DEEPEST) throw new HeaderError('its header is nested too deeply');
    } else if (char === '}' || char === ']') names.pop();
    else if (char === '"') {
      const end = endOfString(text, i);
      const isName = /^\s*:/.test(text.slice(end + 1, end + 33));
      const held = names.at(-1);
      if (isName && held) {
        const name = text.slice(i + 1, end);
        if (held.has(name)) throw new HeaderError(`its header has ${short(name)} twice`);
        held.add(name);
      }
      i = end;
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  throw new HeaderError('its header is not valid JSON');
}

function metadataOf(value: unknown): Map<string, string> {
  if (!isObject(value)) throw new HeaderError('its notes are not a list of texts');
  // Trainers write numbers and lists there too, though the format has texts only; nothing but words comes of them.
  return new Map(
    Object.entries(value).map(([key, one]) => [key, typeof one === 'string' ? one : JSON.stringify(one)]),
  );
}

function entryOf(name: string, value: unknown): Entry {
  const say = (what: string) => new HeaderError(`the tensor ${short(name)} ${what}`);
  if (!isObject(value)) throw say('is not described');
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') throw say('has no type');
  const type = Object.hasOwn(TYPES, dtype) ? TYPES[dtype] : undefined;
  if (type === undefined)
    throw say(`has the type ${short(dtype)}, which cannot be read; known are F32, F16, BF16 and others`);
  if (!isSizes(shape)) throw say('has no shape');
  if (!isSizes(offsets) || offsets.length !== 2) throw say('has no place in the file');
  const [begin, end] = offsets as [number, number];
  const needed = tensorBytes(type, shape);
  if (needed === null || !Number.isSafeInteger(needed)) throw say(`has the impossible shape [${shape}]`);
  if (end - begin !== needed)
    throw say(`has ${end - begin} bytes, its shape [${shape}] of ${dtype} needs ${needed}`);
  return { type, dims: shape, begin, end };
}

/** The data is one stretch without holes, to the end of the file. */
function refuseOverlapsAndHoles(tensors: ReadonlyMap<string, Entry>, dataBytes: number): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  let before = '';
  for (const [name, entry] of inOrder) {
    if (entry.begin < end)
      throw new HeaderError(`the tensors ${short(before)} and ${short(name)} overlap in the file`);
    if (entry.begin > end)
      throw new HeaderError(`${entry.begin - end} bytes before the tensor ${short(name)} belong to nothing`);
    end = entry.end;
    before = name;
  }
  if (end > dataBytes)
    throw new HeaderError(`it is cut short: ${end - dataBytes} bytes are missing at its end`, true);
  if (end < dataBytes) throw new HeaderError(`${dataBytes - end} bytes at its end belong to nothing`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}

/** Names come from the file: a line must stay one. */
function short(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > 100 ? `${plain.slice(0, 97)}...` : plain;
}
