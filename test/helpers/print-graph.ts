/** A graph as text, in the spelling that `ir/text.ts` reads, without its weights. */
import type { Attribute, Graph } from '../../src/main/engine/onnx/ir/graph.ts';
import { type Dim, elementName } from '../../src/main/engine/onnx/ir/types.ts';

export function printText(graph: Graph): string {
  const shown = (v: { name: string; type: number | null; dims: readonly Dim[] | null }) =>
    `${elementName(v.type ?? 0)}[${v.dims?.map((dim) => dim ?? '?').join(', ') ?? '…'}] ${v.name}`;
  const lines = [`${graph.inputs.map(shown).join(', ')} => ${graph.outputs.map(shown).join(', ')}`];
  for (const tensor of graph.initializers.values()) lines.push(shown(tensor));
  for (const node of graph.nodes) {
    const attributes = [...node.attributes].map(([name, a]) => `${name} = ${printAttribute(a)}`).join(', ');
    const op = node.domain ? `${node.domain}.${node.op}` : node.op;
    lines.push(
      `${node.outputs.join(', ')} = ${op}${attributes ? `<${attributes}>` : ''}(${node.inputs.join(', ')})`,
    );
  }
  return lines.join('\n');
}

function printAttribute(a: Attribute): string {
  switch (a.kind) {
    case 'float':
      return Number.isInteger(a.value) ? a.value.toFixed(1) : String(a.value);
    case 'int':
      return String(a.value);
    case 'string':
      return JSON.stringify(new TextDecoder().decode(a.value));
    case 'ints':
    case 'floats':
      return `[${a.value.join(', ')}]`;
    default:
      return `(${a.kind})`;
  }
}
