/** Writes safetensors files, sound ones and others. */
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';

export const BYTES_OF: Readonly<Record<string, number>> = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1 },
  ...{ I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 },
};

export interface TestTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Zeros, unless given. */
  readonly bytes?: Uint8Array;
}

export function float32Test(shape: readonly number[], values: readonly number[]): TestTensor {
  return { dtype: 'F32', shape, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

export type TestHeader = Record<string, unknown>;

/** Header of tensors that lie one after the other, and the bytes they take together. */
export function headerOf(
  tensors: Readonly<Record<string, TestTensor>>,
  metadata?: Readonly<Record<string, string>>,
): { header: TestHeader; size: number } {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape }]) => {
    const begin = end;
    end += shape.reduce((product, side) => product * side, BYTES_OF[dtype]!);
    return [name, { dtype, shape, data_offsets: [begin, end] }] as const;
  });
  const header: TestHeader = Object.fromEntries([
    ...(metadata ? [['__metadata__', metadata] as const] : []),
    ...entries,
  ]);
  return { header, size: end };
}

/** Length, header and data, as the format has them; a text stands for a header that JSON.stringify would not write. */
export function safetensorsBytes(header: TestHeader | string, data: Uint8Array): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, 0x20)]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, data]);
}

export function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, TestTensor>>,
  metadata?: Readonly<Record<string, string>>,
): string {
  const { header, size } = headerOf(tensors, metadata);
  const data = Buffer.alloc(size);
  let at = 0;
  for (const { dtype, shape, bytes } of Object.values(tensors)) {
    if (bytes) data.set(bytes, at);
    at += shape.reduce((product, side) => product * side, BYTES_OF[dtype]!);
  }
  writeFileSync(file, safetensorsBytes(header, data));
  return file;
}

/** A file as large as the real one that takes no room on the disk: all weights are holes. */
export function writeSparseSafetensors(
  file: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  dtype = 'F16',
): string {
  const tensors = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { dtype, shape }]));
  const { header, size } = headerOf(tensors);
  const head = safetensorsBytes(header, new Uint8Array());
  const fd = openSync(file, 'w');
  writeSync(fd, head);
  ftruncateSync(fd, head.length + size);
  closeSync(fd);
  return file;
}
