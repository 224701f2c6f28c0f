/** What the weights of a network take once its session is open. */
import type { Graph } from '../../onnx/ir/graph.ts';
import { ELEMENT, type Tensor, tensorBytes } from '../../onnx/ir/types.ts';
import type { SessionOptions } from '../../onnx/ort.ts';

export type OpenedAs = Pick<SessionOptions, 'lowMemory' | 'keepHalf'>;

/** Bytes. */
export interface WeightMemory {
  /** Copied, as the processor reads them fastest. */
  readonly own: number;
  /** Read from the file where it lies: pages that the system may take back and read again. */
  readonly mapped: number;
}

/** Whose weights the runtime lays out anew. */
const REPACKED = new Set(['Conv', 'ConvTranspose', 'MatMul', 'FusedMatMul', 'Gemm']);
/** Smaller ones lie in the graph. */
const SMALL = 1024;
const HALVES: readonly number[] = [ELEMENT.float16, ELEMENT.bfloat16];

export function weightMemory(graph: Graph, { lowMemory = false, keepHalf = false }: OpenedAs): WeightMemory {
  let [own, mapped] = [0, 0];
  for (const tensor of graph.initializers.values()) {
    const stored = tensorBytes(tensor.type, tensor.dims) ?? 0;
    if (stored < SMALL) continue;
    const widened = HALVES.includes(tensor.type) && !keepHalf;
    if (widened || (!lowMemory && !HALVES.includes(tensor.type) && isRepacked(graph, tensor)))
      own += widened ? 2 * stored : stored;
    else mapped += stored;
  }
  return { own, mapped };
}

function isRepacked(graph: Graph, { name }: Tensor): boolean {
  const readers = graph.consumers(name);
  return readers.some(
    ({ op, inputs, outputs }) =>
      REPACKED.has(op) ||
      // A matrix that is turned when it is loaded.
      (op === 'Transpose' &&
        inputs[0] === name &&
        graph.consumers(outputs[0]!).some((one) => REPACKED.has(one.op))),
  );
}

/** Of networks before they are prepared: all their numbers in float32. */
export function weightBytes(
  read: readonly { readonly graph: { readonly model: { readonly graph: Graph } } }[],
): number {
  const tensors = read.flatMap(({ graph }) => [...graph.model.graph.initializers.values()]);
  return tensors.reduce((sum, { dims }) => sum + (tensorBytes(ELEMENT.float32, dims) ?? 0), 0);
}
