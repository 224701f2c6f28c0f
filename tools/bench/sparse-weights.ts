/** Weights of a network at its real size, all zeros, in a sparse file that takes no room on the disk: what it asks for is there. */
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import type { StoredTensor, StoredWeights } from '../../src/main/engine/onnx/networks/stored.ts';

/** Layers of a Stable Diffusion UNet that have no bias. */
const BIASLESS = /\.attn[12]\.to_[qkv]\.bias$/;

export interface SparseOptions {
  readonly type: 'float32' | 'float16';
  /** Matrices as exporters write them, (in, out), instead of as PyTorch does. */
  readonly transposed?: boolean;
  /** A weight that the network reads. */
  readonly first: string;
}

export interface Sparse extends StoredWeights {
  /** Bytes of all that was asked for. */
  readonly bytes: number;
  /** Makes the file as long as that. */
  close(): void;
}

/** @param file is made */
export function sparseWeights(file: string, { type, transposed = false, first }: SparseOptions): Sparse {
  const fd = openSync(file, 'w');
  const width = type === 'float32' ? 4 : 2;
  const tensors = new Map<string, StoredTensor>();
  let end = 0;
  const place = (name: string, wanted: readonly number[]): StoredTensor => {
    const known = tensors.get(name);
    if (known) return known;
    const length = width * wanted.reduce((product, side) => product * side, 1);
    const turned = transposed && wanted.length === 2 && name.endsWith('.weight');
    const dims = turned ? wanted.toReversed() : wanted;
    const made = { type: ELEMENT[type], dims, file, offset: end, length, ...(turned && { transposed }) };
    end += length;
    tensors.set(name, made);
    return made;
  };
  return {
    label: 'sparse weights',
    names: [first],
    // Asked without a shape, it is whether there is one, or where all of them lie.
    get: (name, wanted) =>
      BIASLESS.test(name)
        ? undefined
        : wanted
          ? place(name, wanted)
          : (tensors.get(name) ?? { type: ELEMENT[type], dims: [], file, offset: 0, length: 0 }),
    get bytes() {
      return end;
    },
    close() {
      ftruncateSync(fd, end);
      closeSync(fd);
    },
  };
}
