/** Reads NumPy's .npy arrays (format 1.0 to 3.0) of the few types that goldens are kept in. */
import { readFileSync } from 'node:fs';
import { AppError } from '../../src/common/errors.ts';

export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major. int64 comes as float64: goldens hold token ids and timesteps only. */
  readonly data: Float32Array | Float64Array | Uint8Array | Int32Array;
}

const READERS: Readonly<Record<string, (bytes: ArrayBuffer) => NpyArray['data']>> = {
  '<f4': (bytes) => new Float32Array(bytes),
  '<f8': (bytes) => new Float64Array(bytes),
  '<f2': (bytes) => Float32Array.from(new Float16Array(bytes)),
  '|u1': (bytes) => new Uint8Array(bytes),
  '|b1': (bytes) => new Uint8Array(bytes),
  '<i4': (bytes) => new Int32Array(bytes),
  '<i8': (bytes) => Float64Array.from([...new BigInt64Array(bytes)].map(Number)),
};

/** @throws AppError usage for another type, Fortran order or a file that is cut short */
export function readNpy(path: string): NpyArray {
  const file = readFileSync(path);
  const refuse = (why: string) => new AppError('usage', why, { doing: `reading ${path}` });
  if (file.length < 12 || file.toString('latin1', 1, 6) !== 'NUMPY') throw refuse('this is not a .npy file');
  const wide = file[6]! > 1;
  const start = wide ? 12 : 10;
  const end = start + (wide ? file.readUInt32LE(8) : file.readUInt16LE(8));
  const header = file.toString('latin1', start, end);
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? '';
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((n) => n.trim() !== '')
    .map(Number);
  const read = READERS[type];
  if (!read) throw refuse(`arrays of ${type || 'this type'} are not read here`);
  if (/'fortran_order':\s*True/.test(header)) throw refuse('the array is in Fortran order');
  const bytes = Number(type.at(-1)) * shape.reduce((product, n) => product * n, 1);
  if (file.length - end < bytes) throw refuse('the file is cut short');
  const body = new ArrayBuffer(bytes);
  new Uint8Array(body).set(file.subarray(end, end + bytes));
  return { shape, data: read(body) };
}
