/** What the weights of a network take once its session is open. */
import type { Graph } from '../../onnx/ir/graph.ts';
import { ELEMENT, type Tensor, tensorBytes } from '../../onnx/ir/types.ts';
import { HALVES } from '../half-weights.ts';
import type { SessionChoice } from '../session-choice.ts';

/** Bytes. */
export interface WeightMemory {
  /** Copied, as the processor reads them fastest. */
  readonly own: number;
  /** Read from the file where it lies: pages that the system may take back and read again. */
  readonly mapped: number;
}

/** Whose weights the runtime lays out anew. */
const PRODUCTS = ['MatMul', 'FusedMatMul', 'Gemm'];
const CONVOLUTIONS = ['Conv', 'ConvTranspose'];
/** Smaller ones lie in the graph. */
const SMALL = 1024;

export function weightMemory(graph: Graph, opened: SessionChoice): WeightMemory {
  const { lowMemory = false, keepHalf = false, plainConvolutions = false } = opened;
  const copied = lowMemory ? [] : [...PRODUCTS, ...(plainConvolutions ? [] : CONVOLUTIONS)];
  let [own, mapped] = [0, 0];
  for (const tensor of graph.initializers.values()) {
    const stored = tensorBytes(tensor.type, tensor.dims) ?? 0;
    if (stored < SMALL) continue;
    const half = HALVES.includes(tensor.type);
    if (half && !keepHalf) own += 2 * stored;
    else if (!half && isReadBy(graph, tensor, copied)) own += stored;
    else mapped += stored;
  }
  return { own, mapped };
}

function isReadBy(graph: Graph, { name }: Tensor, operators: readonly string[]): boolean {
  const readers = (value: string) => graph.consumers(value);
  return readers(name).some(
    ({ op, inputs, outputs }) =>
      operators.includes(op) ||
      // A matrix that is turned when it is loaded.
      (op === 'Transpose' &&
        inputs[0] === name &&
        readers(outputs[0]!).some((one) => operators.includes(one.op))),
  );
}

/** Of networks before they are prepared: all their numbers in float32. */
export function weightBytes(
  read: readonly { readonly graph: { readonly model: { readonly graph: Graph } } }[],
): number {
  const tensors = read.flatMap(({ graph }) => [...graph.model.graph.initializers.values()]);
  return tensors.reduce((sum, { dims }) => sum + (tensorBytes(ELEMENT.float32, dims) ?? 0), 0);
}
