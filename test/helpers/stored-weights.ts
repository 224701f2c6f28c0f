/** Weights of a network for tests: names and shapes alone. */
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import type { StoredTensor, StoredWeights } from '../../src/main/engine/onnx/networks/stored.ts';

function weightsOf(label: string, tensors: ReadonlyMap<string, StoredTensor>): StoredWeights {
  return { label, names: [...tensors.keys()], get: (name) => tensors.get(name) };
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
