/** A norm over groups of channels that is told mean and variance of the whole picture instead of taking those of what it reads. */
import { constantOf } from '../ir/constants.ts';
import { attr, type Graph, Node } from '../ir/graph.ts';
import { ELEMENT, int64Tensor } from '../ir/types.ts';
import type { Norm } from './values.ts';

/** Inputs that a norm got: float32 of shape `dims`, one number a group. */
export interface NormInputs {
  readonly mean: string;
  /** 1 / √(variance + ε) */
  readonly factor: string;
  /** The map whose statistics they are. */
  readonly source: string;
  readonly groups: number;
  readonly epsilon: number;
  readonly dims: readonly number[];
}

/**
 * Writes the norm of `from` into `graph`, where its inputs are already: (x − mean)·factor·scale + bias, in float32 as the runtime
 * computes it. @param type of what it reads
 */
export function toldNorm(from: Graph, graph: Graph, norm: Norm, type: number): NormInputs {
  const { node, groups, epsilon, source, dims } = norm;
  const [read, ...weights] = node.inputs as [string, string, string];
  const [made] = node.outputs as [string];
  const [mean, factor] = [`${made}/mean`, `${made}/factor`];
  for (const name of [mean, factor]) graph.inputs.push({ name, type: ELEMENT.float32, dims: [...dims] });
  const put = (op: string, inputs: readonly string[]) =>
    graph.addNode(op, inputs, {}, { name: `${made}/${op}` });
  const float = (value: string) =>
    type === ELEMENT.float32
      ? value
      : graph.addNode('Cast', [value], { to: attr.int(ELEMENT.float32) }, { name: `${made}/widened` });
  const reshape = (value: string, sides: readonly number[]) =>
    put('Reshape', [value, graph.addInitializer(int64Tensor(`${made}/sides`, [sides.length], sides))]);
  // The operator itself reads channels as they are, and has weights of each, or of each group before opset 21.
  const own = node.op === 'GroupNormalization';
  const each = own ? (constantOf(from, weights[0])?.dims[0] ?? groups) / groups : 1;
  const x = own ? reshape(float(read), [0, groups, each, -1]) : float(read);
  let result = put('Mul', [put('Sub', [x, mean]), factor]);
  for (const [i, weight] of weights.entries()) {
    if (isAll(from, weight, i === 0 ? 1 : 0)) continue;
    const sides = own ? [1, groups, each, 1] : dims;
    result = put(i === 0 ? 'Mul' : 'Add', [result, reshape(float(weight), sides)]);
  }
  if (own) result = put('Reshape', [result, put('Shape', [read])]);
  const attributes = new Map(type === ELEMENT.float32 ? [] : [['to', attr.int(type)] as const]);
  const op = type === ELEMENT.float32 ? 'Identity' : 'Cast';
  graph.insert(new Node({ op, name: made, inputs: [result], outputs: [made], attributes }));
  return { mean, factor, source, groups, epsilon, dims };
}

/** Whether a constant is this number throughout, as far as that is seen without reading weights. */
function isAll(graph: Graph, value: string, number: number): boolean {
  const tensor = constantOf(graph, value);
  if (tensor?.type !== ELEMENT.float32 || tensor.data.kind !== 'bytes') return false;
  const { bytes } = tensor.data;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += 4) if (view.getFloat32(at, true) !== number) return false;
  return true;
}
