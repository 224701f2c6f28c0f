/** Values and tensors of a graph as plain data. Nothing here knows of protobuf or of a runtime. */
import { assert } from '../../../../common/errors.ts';

/** Element types by their ONNX number; numbers not listed here pass through untouched. */
export const ELEMENT = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
  float8e8m0: 24,
} as const;

export type ElementName = keyof typeof ELEMENT;

const NAMES = new Map<number, ElementName>(
  Object.entries(ELEMENT).map(([name, number]) => [number, name as ElementName]),
);

const BITS: Partial<Record<ElementName, number>> = {
  float32: 32,
  uint8: 8,
  int8: 8,
  uint16: 16,
  int16: 16,
  int32: 32,
  int64: 64,
  bool: 8,
  float16: 16,
  float64: 64,
  uint32: 32,
  uint64: 64,
  complex64: 64,
  complex128: 128,
  bfloat16: 16,
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  float8e8m0: 8,
  uint4: 4,
  int4: 4,
  float4e2m1: 4,
};

/** "float32" for 1; "type 99" for numbers newer than this list. */
export function elementName(type: number): string {
  return NAMES.get(type) ?? `type ${type}`;
}

/** Bytes a tensor takes when stored raw, or null where its element type is unknown or has no fixed size. */
export function tensorBytes(type: number, dims: readonly number[]): number | null {
  const name = NAMES.get(type);
  const bits = name === undefined ? undefined : BITS[name];
  if (bits === undefined) return null;
  return Math.ceil((dims.reduce((product, dim) => product * dim, 1) * bits) / 8);
}

/** Where the elements are. Bytes are little-endian, row-major; `opaque` ones are known to serde only (strings). */
export type TensorData =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'external';
      readonly location: string;
      readonly offset: number;
      /** null where the file leaves it to the shape. */
      readonly length: number | null;
    }
  | { readonly kind: 'opaque' };

export interface Tensor {
  name: string;
  readonly dims: readonly number[];
  readonly type: number;
  data: TensorData;
  /** What serde needs to write back the fields the passes do not look at. */
  readonly source?: unknown;
}

/** A dimension: a size, a symbol, or null where the model says nothing. */
export type Dim = number | string | null;

/** An input, an output or the annotation of an inner value. Type and dims are null where not stated or not a tensor. */
export interface ValueInfo {
  name: string;
  type: number | null;
  dims: readonly Dim[] | null;
  readonly source?: unknown;
}

/** A view of numbers as the bytes of a tensor. */
function tensorOf(name: string, type: number, dims: readonly number[], view: ArrayBufferView): Tensor {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  assert(
    tensorBytes(type, dims) === bytes.length,
    `${name}: shape [${dims}] does not hold ${bytes.length} bytes`,
  );
  return { name, dims, type, data: { kind: 'bytes', bytes } };
}

export function float32Tensor(name: string, dims: readonly number[], values: Float32Array): Tensor {
  return tensorOf(name, ELEMENT.float32, dims, values);
}

export function int64Tensor(
  name: string,
  dims: readonly number[],
  values: readonly (number | bigint)[],
): Tensor {
  return tensorOf(name, ELEMENT.int64, dims, BigInt64Array.from(values, BigInt));
}

/** Integers of an inline int64 or int32 tensor, or null when it holds something else or lies outside the graph. */
export function integersOf(tensor: Tensor): number[] | null {
  if (tensor.data.kind !== 'bytes') return null;
  const { bytes } = tensor.data;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (tensor.type === ELEMENT.int64) {
    return Array.from({ length: bytes.length / 8 }, (_, i) => Number(view.getBigInt64(i * 8, true)));
  }
  if (tensor.type === ELEMENT.int32) {
    return Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(i * 4, true));
  }
  return null;
}

/** The number of an inline tensor of one float, or null when it holds something else or lies outside the graph. */
export function floatOf({ type, data }: Tensor): number | null {
  if (data.kind !== 'bytes') return null;
  const { bytes } = data;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === ELEMENT.float32 && bytes.length === 4) return view.getFloat32(0, true);
  if (type === ELEMENT.float16 && bytes.length === 2) return view.getFloat16(0, true);
  return type === ELEMENT.float64 && bytes.length === 8 ? view.getFloat64(0, true) : null;
}
