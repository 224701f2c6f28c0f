/** Weights of a network for tests: those of one safetensors file, or names and shapes alone. */
import { closeSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import type { StoredTensor, StoredWeights } from '../../src/main/engine/onnx/networks/stored.ts';

const TYPES: Readonly<Record<string, readonly [number, number]>> = {
  F32: [ELEMENT.float32, 4],
  F16: [ELEMENT.float16, 2],
  I64: [ELEMENT.int64, 8],
};

function weightsOf(label: string, tensors: ReadonlyMap<string, StoredTensor>): StoredWeights {
  return { label, names: [...tensors.keys()], get: (name) => tensors.get(name) };
}

/** A component's folder, in one file or in shards. */
export function folderWeights(folder: string): StoredWeights {
  const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  return weightsOf(folder, new Map(files.flatMap((name) => [...tensorsOf(join(folder, name))])));
}

/** Names and shapes alone, of a file that nobody will read. */
export function shapeWeights(
  label: string,
  shapes: Readonly<Record<string, readonly number[]>>,
): StoredWeights {
  let offset = 0;
  const place = (dims: readonly number[]): StoredTensor => {
    const length = 2 * dims.reduce((product, side) => product * side, 1);
    offset += length;
    return { type: ELEMENT.float16, dims, file: `/models/${label}`, offset: offset - length, length };
  };
  const entries = Object.entries(shapes).map(([name, dims]) => [name, place(dims)] as const);
  return weightsOf(label, new Map(entries));
}

function tensorsOf(named: string): Map<string, StoredTensor> {
  const file = realpathSync(named);
  const fd = openSync(file, 'r');
  const size = Buffer.alloc(8);
  readSync(fd, size, 0, 8, 0);
  const length = Number(size.readBigUInt64LE());
  const header = Buffer.alloc(length);
  readSync(fd, header, 0, length, 8);
  closeSync(fd);
  const entries = Object.entries(JSON.parse(header.toString()) as Record<string, Entry>);
  return new Map(
    entries
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            dtype,
            shape,
            data_offsets: [from, to],
          },
        ]): [string, StoredTensor] => [
          name,
          { type: TYPES[dtype]![0], dims: shape, file, offset: 8 + length + from, length: to - from },
        ],
      ),
  );
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}
