/** Numbers of tensors as JavaScript has them. */
import { ELEMENT, integersOf, type Tensor } from './types.ts';

interface Reader {
  readonly size: number;
  at(view: DataView, byte: number): number;
}

/** Of each floating type. */
export const READERS: Readonly<Record<number, Reader>> = {
  [ELEMENT.float64]: { size: 8, at: (view, byte) => view.getFloat64(byte, true) },
  [ELEMENT.float32]: { size: 4, at: (view, byte) => view.getFloat32(byte, true) },
  [ELEMENT.float16]: { size: 2, at: (view, byte) => halfToNumber(view.getUint16(byte, true)) },
  [ELEMENT.bfloat16]: { size: 2, at: (view, byte) => bfloatToNumber(view.getUint16(byte, true)) },
};

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function bfloatToNumber(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

/** Of an inline tensor, row-major; null where it lies outside the graph or its type is not read here. */
export function numbersOf(tensor: Tensor): number[] | null {
  if (tensor.data.kind !== 'bytes') return null;
  const { bytes } = tensor.data;
  const read = READERS[tensor.type];
  if (!read) return tensor.type === ELEMENT.bool ? [...bytes] : integersOf(tensor);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / read.size }, (_, i) => read.at(view, i * read.size));
}
