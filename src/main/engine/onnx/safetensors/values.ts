/** Numbers of a small tensor, read into memory: what a LoRA's strength or an embedding's vectors are. */
import { closeSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { AppError } from '../../../../common/errors.ts';
import { ELEMENT, elementName } from '../ir/types.ts';
import type { StoredTensor } from '../networks/stored.ts';
import { LARGEST_WEIGHTS, openPlainFile } from '../plain-file.ts';

/** Any floating type as float32, row-major. @throws AppError bundle-invalid for other types, or where the file has gone */
export function floatsOf(tensor: StoredTensor): Float32Array {
  const { type, file, length } = tensor;
  const read = READERS[type];
  const doing = `reading ${basename(file)}`;
  if (!read)
    throw new AppError('bundle-invalid', `a tensor of ${elementName(type)} where floats are needed`, {
      doing,
    });
  const bytes = bytesOf(tensor, doing);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  return Float32Array.from({ length: length / read.size }, (_, i) => read.at(view, i * read.size));
}

/** @throws AppError bundle-invalid where the file has gone */
export function bytesOf({ file, offset, length }: StoredTensor, doing: string): Buffer {
  const bytes = Buffer.alloc(length);
  try {
    const { fd } = openPlainFile(file, LARGEST_WEIGHTS);
    try {
      for (let at = 0; at < length; ) {
        const read = readSync(fd, bytes, at, length - at, offset + at);
        if (read === 0) throw new Error('the file ends before the tensor');
        at += read;
      }
    } finally {
      closeSync(fd);
    }
    return bytes;
  } catch (cause) {
    const hint = 'Check that the file is still there and whole.';
    throw new AppError('bundle-invalid', `${basename(file)} cannot be read`, { doing, hint, cause });
  }
}

interface Reader {
  readonly size: number;
  at(view: DataView, byte: number): number;
}

const READERS: Readonly<Record<number, Reader>> = {
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
