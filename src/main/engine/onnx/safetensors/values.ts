/** Numbers of a small tensor, read into memory: what a LoRA's strength or an embedding's vectors are. */
import { closeSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { AppError } from '../../../../common/errors.ts';
import { READERS } from '../ir/numbers.ts';
import { elementName } from '../ir/types.ts';
import type { StoredTensor } from '../networks/stored.ts';
import { LARGEST_WEIGHTS, openPlainFile } from '../plain-file.ts';

/** Any floating type as float32, row-major. @throws AppError bundle-invalid for other types, or where the file has gone */
export function floatsOf(tensor: StoredTensor): Float32Array {
  const doing = `reading ${basename(tensor.file)}`;
  return floatsIn(bytesOf(tensor, doing), tensor.type, doing);
}

/** The same of bytes at hand. @throws AppError bundle-invalid for other types */
export function floatsIn(bytes: Uint8Array, type: number, doing = 'reading weights'): Float32Array {
  const read = READERS[type];
  if (!read)
    throw new AppError('bundle-invalid', `a tensor of ${elementName(type)} where floats are needed`, {
      doing,
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / read.size }, (_, i) => read.at(view, i * read.size));
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
