/** A graph that computes in float32 throughout, whatever it was exported in. */
import { attr, type Graph, type Model, type Node } from '../ir/graph.ts';
import { numbersOf } from '../ir/numbers.ts';
import { ELEMENT, float32Tensor, type Tensor } from '../ir/types.ts';

const { float32 } = ELEMENT;
const OTHER_FLOATS: readonly number[] = [ELEMENT.float16, ELEMENT.bfloat16, ELEMENT.float64];
/** Attributes that name the type of what an operator makes. */
const TYPE_ATTRIBUTES = ['to', 'dtype', 'output_dtype'];

/**
 * In place: inputs and outputs become float32, casts to other floats casts to float32, small constants are written anew. Large weights
 * stay as they are stored, each behind one Cast that stays.
 * @param model its Constant nodes are initializers
 */
export function inFloat32({ graph }: Model): void {
  for (const value of [...graph.inputs, ...graph.outputs])
    if (value.type !== null && OTHER_FLOATS.includes(value.type)) value.type = float32;
  for (const node of graph.nodes) retype(node);
  for (const [name, tensor] of [...graph.initializers])
    if (OTHER_FLOATS.includes(tensor.type)) widen(graph, name, tensor);
}

function retype(node: Node): void {
  for (const name of TYPE_ATTRIBUTES)
    if (OTHER_FLOATS.includes(node.int(name, float32))) node.attributes.set(name, attr.int(float32));
  const held = node.attributes.get('value');
  if (held?.kind === 'tensor' && OTHER_FLOATS.includes(held.value.type))
    node.attributes.set('value', attr.tensor(rewritten(held.value) ?? held.value));
}

function widen(graph: Graph, name: string, tensor: Tensor): void {
  const written = rewritten(tensor);
  if (written) {
    graph.initializers.set(name, written);
    return;
  }
  const wide = graph.unique(`${name}_float32`);
  graph.replaceUses(name, wide);
  const first = graph.addNode('Cast', [name], { to: attr.int(float32) }, { outputs: [wide] });
  const cast = graph.producer(first)!;
  graph.reorder([cast, ...[...graph.nodes].filter((node) => node !== cast)]);
}

/** The same numbers in float32; null for what lies in a file. */
function rewritten(tensor: Tensor): Tensor | null {
  const numbers = numbersOf(tensor);
  return numbers && float32Tensor(tensor.name, tensor.dims, Float32Array.from(numbers));
}
