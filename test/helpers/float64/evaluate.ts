/** Graphs computed in float64, by the definitions of their operators and nothing else: slow, for small ones. */

import { constantOf } from '../../../src/main/engine/onnx/ir/constants.ts';
import type { Model, Node } from '../../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENT, integersOf, type Tensor } from '../../../src/main/engine/onnx/ir/types.ts';
import { ARRANGE } from './arrange.ts';
import { ATTENTION } from './attention.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { FUSED } from './fused.ts';
import { MULTIPLY } from './multiply.ts';
import type { Numbers, Operators } from './numbers.ts';
import { PICTURE } from './picture.ts';
import { REDUCE } from './reduce.ts';

const OPERATORS: Operators = {
  ...ELEMENTWISE,
  ...MULTIPLY,
  ...ARRANGE,
  ...REDUCE,
  ...PICTURE,
  ...ATTENTION,
  ...FUSED,
};

/** Values by name; of what is not stated in the graph, those that are fed. */
export function evaluate(
  { graph, opsets }: Model,
  feeds: Readonly<Record<string, Numbers>>,
): ReadonlyMap<string, Numbers> {
  const values = new Map<string, Numbers>(Object.entries(feeds));
  for (const [name, tensor] of graph.initializers) if (!values.has(name)) values.set(name, numbersOf(tensor));
  for (const node of graph.nodes) {
    const made = operated(node, values, opsets.get('') ?? 1, () => constantOf(graph, node.outputs[0]!));
    for (const [i, output] of node.outputs.entries())
      if (output !== '' && made[i]) values.set(output, made[i]);
  }
  return values;
}

function operated(
  node: Node,
  values: ReadonlyMap<string, Numbers>,
  opset: number,
  constant: () => Tensor | null,
): readonly Numbers[] {
  if (node.op === 'Constant') return [numbersOf(constant()!)];
  const operator = OPERATORS[node.op];
  if (!operator) throw new Error(`${node.label}: no definition of ${node.op} in float64`);
  const given = node.inputs.map((input) => {
    const value = input === '' ? undefined : values.get(input);
    if (input !== '' && !value) throw new Error(`${node.label}: nothing made ${input}`);
    return value;
  });
  const made = operator(given, node, opset);
  return 'data' in made ? [made] : made;
}

function numbersOf(tensor: Tensor): Numbers {
  const { dims, type, data } = tensor;
  const integers = integersOf(tensor);
  if (integers) return { dims, data: Float64Array.from(integers) };
  if (data.kind !== 'bytes') throw new Error(`${tensor.name} lies outside the graph`);
  if (type === ELEMENT.bool || type === ELEMENT.uint8) return { dims, data: Float64Array.from(data.bytes) };
  if (type !== ELEMENT.float32) throw new Error(`${tensor.name} is of type ${type}`);
  const { buffer, byteOffset, byteLength } = data.bytes;
  const copy = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  return { dims, data: Float64Array.from(copy) };
}
