/** What operators take beside their outputs while they run. */
import type { Node } from '../ir/graph.ts';
import { tensorBytes } from '../ir/types.ts';
import { type Known, product } from './known.ts';

const FLOAT = 4;

/** Bytes. */
export function workspaceOf(node: Node, shapes: ReadonlyMap<string, Known>): number {
  if (node.op === 'MultiHeadAttention') return operands(node, shapes);
  if (node.op === 'Attention') return operands(node, shapes) + scores(node, shapes);
  if (node.op === 'ConvTranspose') return columns(node, shapes);
  return 0;
}

/** A transposed convolution is a product, whose columns are then added where they overlap: [C·k, H·W] of one picture. */
function columns(node: Node, shapes: ReadonlyMap<string, Known>): number {
  const [picture, weight] = node.inputs.map((input) => shapes.get(input)?.dims);
  if (!picture || !weight) return 0;
  return FLOAT * product(weight.slice(1)) * product(picture.slice(2));
}

/** Queries, keys and values, each turned so that heads lie one after the other; scores are made a stretch at a time. */
function operands(node: Node, shapes: ReadonlyMap<string, Known>): number {
  return node.inputs.slice(0, 3).reduce((sum, input) => {
    const shape = shapes.get(input);
    return sum + ((shape && tensorBytes(shape.type, shape.dims)) ?? 0);
  }, 0);
}

/** The standard's operator holds all scores of [B, N, H·D] or [B, H, N, D]. */
function scores(node: Node, shapes: ReadonlyMap<string, Known>): number {
  const [query, key] = node.inputs.map((input) => shapes.get(input)?.dims);
  if (!query || !key) return 0;
  const heads = node.int('q_num_heads', node.int('num_heads', 1));
  const rows = query.length === 4 ? query.slice(0, -1) : [query[0]!, heads, query[1]!];
  return FLOAT * product(rows) * key.at(-2)!;
}
