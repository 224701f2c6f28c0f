/** Tensors of a file under the names that diffusers and transformers give them today. */
import { assert } from '../../../../common/errors.ts';
import type { StoredTensor, StoredWeights } from '../../onnx/networks/stored.ts';

export type Tensors = ReadonlyMap<string, StoredTensor>;

/**
 * What one network calls a tensor of the file: its name and bytes, several where the file packs them into one, none where the
 * network has no use for it. Null for a tensor that is not this network's.
 */
export type Mapping = (name: string, tensor: StoredTensor) => readonly Named[] | null;

export type Named = readonly [name: string, tensor: StoredTensor];

export interface Mapped {
  readonly weights: StoredWeights;
  /** Names in the file of all tensors that are this network's, those without use included. */
  readonly taken: ReadonlySet<string>;
}

/** @param label as messages name the network: "UNet of sd15.safetensors" */
export function mapped(label: string, tensors: Tensors, mapping: Mapping): Mapped {
  const found = new Map<string, StoredTensor>();
  const taken = new Set<string>();
  for (const [name, tensor] of tensors) {
    const named = mapping(name, tensor);
    if (named === null) continue;
    taken.add(name);
    for (const [today, part] of named) found.set(today, part);
  }
  return { weights: { label, names: [...found.keys()], get: (name) => found.get(name) }, taken };
}

/** The tensor as it lies, under another name. */
export const renamed = (name: string, tensor: StoredTensor): readonly Named[] => [[name, tensor]];

/** No use for it. */
export const UNUSED: readonly Named[] = [];

/** Equal parts along the first axis, which lie one after the other. The tensor's first side is a multiple of their count. */
export function split(tensor: StoredTensor, names: readonly string[]): readonly Named[] {
  const [first = 0, ...rest] = tensor.dims;
  const length = tensor.length / names.length;
  assert(first % names.length === 0, `a side of ${first} parts into ${names.length}`);
  const dims = [first / names.length, ...rest];
  return names.map((name, i) => [name, { ...tensor, dims, offset: tensor.offset + i * length, length }]);
}

/** A linear layer that lies as a 1×1 convolution, as the matrix that it is. Others as they are. */
export function asMatrix(tensor: StoredTensor): StoredTensor {
  const [rows, columns, ...kernel] = tensor.dims;
  const matrix = kernel.length > 0 && kernel.every((side) => side === 1);
  return matrix ? { ...tensor, dims: [rows!, columns!] } : tensor;
}
