/** Layers of a network by the PyTorch modules that they were, which nodes are named after. */
import { weightOf } from './constants.ts';
import type { Graph, Node } from './graph.ts';
import { ELEMENT } from './types.ts';

/** A product with a weight, or a convolution. */
export interface Layer {
  /** "down_blocks.0.attentions.0.proj_in", "encoder.layers.0.mlp.fc1". */
  readonly module: string;
  /** Its first input is what goes in. */
  readonly node: Node;
  /** Channels. */
  readonly from: number;
  readonly to: number;
  /** Height and width; null for products of matrices. */
  readonly kernel: readonly [number, number] | null;
  /** Element type in which it computes. */
  readonly type: number;
}

const PRODUCTS = ['MatMul', 'Gemm', 'FusedMatMul', 'DynamicQuantizeMatMul'];

/** Where a module's own name begins: exporters put the names of what holds the network before it. */
const BEGIN =
  /(?:^|\.)((?:down_blocks|up_blocks|mid_block|conv_in|conv_out|time_embedding|add_embedding|encoder\.layers|text_projection)(?:\.|$).*)$/;

/**
 * "down_blocks.0.attentions.0.proj_in" of "/down_blocks.0/attentions.0/proj_in/Conv", as torch exports it, and of
 * "/down_blocks.0.attentions.0.proj_in/Conv", as it is written here; null for a node of no known module.
 */
function moduleOf(node: Pick<Node, 'name'>): string | null {
  const path = node.name.split('/');
  path.pop();
  const whole = path.filter((part) => part !== '').join('.');
  return BEGIN.exec(whole)?.[1] ?? null;
}

/** Those whose weights lie in the graph, in its order; a module that is called twice is there twice. */
export function layersOf(graph: Graph): Layer[] {
  return Array.from(graph.nodes).flatMap((node) => layerOf(graph, node) ?? []);
}

/** Null for a node of no known module, or whose weight does not lie in the graph. @param name of its module, where nodes are not named after any */
export function layerOf(graph: Graph, node: Node, name: string | null = null): Layer | null {
  const module = moduleOf(node) ?? name;
  const shape = module === null ? null : shapeOf(graph, node);
  return module !== null && shape !== null ? { module, node, ...shape } : null;
}

function shapeOf(graph: Graph, node: Node): Omit<Layer, 'module' | 'node'> | null {
  const [input, value] = node.inputs;
  if (input === undefined || value === undefined || weightOf(graph, input)) return null;
  const weight = weightOf(graph, value);
  if (!weight) return null;
  const { dims } = weight.tensor;
  if (node.op === 'MatMulNBits') {
    const type = weightOf(graph, node.inputs[2] ?? '')?.type ?? ELEMENT.float32;
    return { from: node.int('K', 0), to: node.int('N', 0), kernel: null, type };
  }
  if (node.op === 'Conv') {
    const [to, from, height, width, ...more] = dims;
    if (width === undefined || more.length > 0 || node.int('group', 1) !== 1) return null;
    return { from: from!, to: to!, kernel: [height!, width], type: weight.type };
  }
  const [rows, columns, ...more] = dims;
  if (!PRODUCTS.includes(node.op) || columns === undefined || more.length > 0) return null;
  if (node.int('transA', 0) === 1) return null;
  const [from, to] = node.int('transB', 0) === 1 ? [columns, rows!] : [rows!, columns];
  return {
    from,
    to,
    kernel: null,
    type: node.op === 'DynamicQuantizeMatMul' ? ELEMENT.float32 : weight.type,
  };
}
