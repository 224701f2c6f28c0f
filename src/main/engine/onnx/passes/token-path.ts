/**
 * The way from a layer's tokens through a projection (x·W + b) and reshapes to an attention product, and a copy of it
 * that carries another number of tokens.
 */
import { type Graph, Node } from '../ir/graph.ts';
import { attr, int64Tensor } from '../ir/types.ts';
import { constantIntegers, isScalar, shapeEntries, type Weight, weightOf } from './constants.ts';

/** A step of the path: the node and which of its inputs and outputs the tokens pass. */
interface Step {
  readonly node: Node;
  readonly input: number;
  readonly output: number;
}

export interface TokenPath {
  /** The layer's tokens, [B, N, C], or [B, C, …] before a 1×1 convolution. */
  readonly root: string;
  readonly projection: Node;
  readonly weight: Weight;
  /** From the tokens to the attention product. */
  readonly steps: readonly Step[];
}

/** Thrown where a path cannot be followed or copied; its node is named in the message. */
export class PathError extends Error {
  override readonly name = 'PathError';
}

const THROUGH = new Set([
  ...[
    'Identity',
    'Cast',
    'Dropout',
    'Reshape',
    'Transpose',
    'Squeeze',
    'Unsqueeze',
    'Split',
    'Slice',
    'Gather',
  ],
  ...['LayerNormalization', 'SimplifiedLayerNormalization', 'RMSNormalization'],
]);
const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul', 'Div']);

/** Follows a value back to the tokens its projection reads; null where no such path exists. */
export function tracePath(graph: Graph, value: string): TokenPath | null {
  const steps: Step[] = [];
  let at = value;
  let projection: { node: Node; weight: Weight } | null = null;
  for (;;) {
    const node = graph.producer(at);
    if (!node) break;
    const output = node.outputs.indexOf(at);
    const side = projection ? upstream(node, projection.node) : inputOf(graph, node);
    if (side === null) {
      if (projection) break;
      const found = projectionOf(graph, node);
      if (!found) return null;
      projection = { node, weight: found.weight };
      steps.push({ node, input: found.input, output });
      at = node.inputs[found.input]!;
      continue;
    }
    steps.push({ node, input: side, output });
    at = node.inputs[side]!;
  }
  return (
    projection && { root: at, projection: projection.node, weight: projection.weight, steps: steps.reverse() }
  );
}

/** Before the projection only copies are looked through, and the flattening to the rows of a Gemm. */
function upstream(node: Node, projection: Node): number | null {
  const flattening = projection.op === 'Gemm' && node.op === 'Reshape';
  return node.op === 'Identity' || node.op === 'Cast' || flattening ? 0 : null;
}

/** Which input of a node between projection and product carries the tokens; null for other nodes. */
function inputOf(graph: Graph, node: Node): number | null {
  if (node.domain !== '' && node.domain !== 'com.microsoft') return null;
  if (THROUGH.has(node.op)) return 0;
  if (!ELEMENTWISE.has(node.op)) return null;
  // A scale is one number, a bias one per channel: neither depends on how many tokens there are.
  const side = node.inputs.map((input) => isScalar(graph, input) || isBias(graph, input));
  if (side[0] === side[1]) return null;
  return side[0] ? 1 : 0;
}

function isBias(graph: Graph, value: string): boolean {
  const dims = weightOf(graph, value)?.tensor.dims;
  return dims?.slice(0, -1).every((dim) => dim === 1) ?? false;
}

function projectionOf(graph: Graph, node: Node): { input: number; weight: Weight } | null {
  const weight = (index: number) => {
    const value = node.inputs[index];
    return value === undefined ? null : weightOf(graph, value);
  };
  const fits =
    node.op === 'MatMul' ||
    (node.op === 'Gemm' && node.int('transA', 0) === 0) ||
    node.op === 'MatMulNBits' ||
    (node.op === 'Conv' &&
      weight(1)
        ?.tensor.dims.slice(2)
        .every((dim) => dim === 1) &&
      node.int('group', 1) === 1);
  if (!fits) return null;
  const right = weight(1);
  if (!right || weight(0)) return null;
  // Packed weights are integers; the tokens then have the type of the scales.
  return { input: 0, weight: node.op === 'MatMulNBits' ? (weight(2) ?? right) : right };
}

/** How tokens lie in a value on the path. */
interface Layout {
  /** Axis of the tokens. */
  readonly axis: number;
  /** null where it is not known and does not matter. */
  readonly rank: number;
  /** Batch and tokens are one axis (rows of a Gemm). */
  readonly merged: boolean;
}

/**
 * Copies the path for other tokens and returns what its end is now called.
 * @param tokens in the layout the projection reads: [B, T, C], or [B, C, T] behind a 1×1 convolution.
 * @param count makes the name of an int64 [1] value holding T; called only when a shape needs it.
 * @throws PathError where a step ties the path to the number of tokens in a way not understood.
 */
export function copyPath(graph: Graph, path: TokenPath, tokens: string, count: () => string): string {
  const convolution = path.projection.op === 'Conv';
  if (
    path.projection.op === 'Gemm' &&
    path.steps.find(({ node }) => node.op === 'Reshape' || node === path.projection)?.node === path.projection
  ) {
    throw new PathError(`${path.projection.label} (Gemm): its rows are not tokens of a batch`);
  }
  let at = tokens;
  let layout: Layout = { axis: convolution ? 2 : 1, rank: 3, merged: false };
  for (const step of path.steps) {
    const inputs = [...step.node.inputs];
    inputs[step.input] = at;
    const next = follow(graph, step, layout, convolution && step.node !== path.projection);
    if (next.replace) inputs[1] = withEntry(graph, step.node.inputs[1]!, next.replace, count());
    const outputs = step.node.outputs.map((output) => (output === '' ? '' : graph.unique(`${output}_ref`)));
    graph.insert(
      new Node({
        op: step.node.op,
        domain: step.node.domain,
        name: graph.unique(`${step.node.name}_ref`),
        inputs,
        outputs,
        attributes: step.node.attributes,
      }),
    );
    at = outputs[step.output]!;
    layout = next.layout;
  }
  return at;
}

interface Followed {
  readonly layout: Layout;
  /** The shape entry that must become the new number of tokens, and how many entries there are. */
  readonly replace?: { readonly axis: number; readonly rank: number };
}

function follow(graph: Graph, { node, output }: Step, layout: Layout, spatial: boolean): Followed {
  const fail = (what: string) => new PathError(`${node.label} (${node.op}): ${what}`);
  const { axis, rank } = layout;
  switch (node.op) {
    case 'Transpose': {
      const perm = node.ints('perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
      if (perm.length !== rank || layout.merged) throw fail('transposes tokens of an unexpected layout');
      return { layout: { ...layout, axis: perm.indexOf(axis) } };
    }
    case 'Reshape':
      return followReshape(graph, node, layout, spatial, fail);
    case 'Unsqueeze':
    case 'Squeeze': {
      const axes = node.ints('axes') ?? constantIntegers(graph, node.inputs[1] ?? '');
      if (!axes) throw fail('its axes are not constant');
      const grown = node.op === 'Unsqueeze' ? rank + axes.length : rank;
      const at = axes.map((a) => (a < 0 ? a + grown : a));
      if (node.op === 'Squeeze') {
        if (at.includes(axis)) throw fail('squeezes the tokens away');
        return {
          layout: { ...layout, axis: axis - at.filter((a) => a < axis).length, rank: rank - at.length },
        };
      }
      const free = Array.from({ length: grown }, (_, i) => i).filter((i) => !at.includes(i));
      return { layout: { ...layout, axis: free[axis]!, rank: grown } };
    }
    case 'Split':
    case 'Gather':
    case 'Slice': {
      const given =
        node.op === 'Slice'
          ? (constantIntegers(graph, node.inputs[3] ?? '') ?? node.ints('axes'))
          : [node.int('axis', 0)];
      if (!given) throw fail('its axes are not constant');
      const at = given.map((a) => (a < 0 ? a + rank : a));
      if (at.includes(axis)) throw fail('cuts the tokens');
      if (node.op !== 'Gather') return { layout };
      const index = constantIntegers(graph, node.inputs[1]!);
      const scalar = (weightOf(graph, node.inputs[1]!)?.tensor.dims.length ?? 0) === 0;
      if (index?.length !== 1 || !scalar) throw fail('gathers more than one entry');
      return { layout: { ...layout, axis: axis - (at[0]! < axis ? 1 : 0), rank: rank - 1 } };
    }
    default:
      if (output !== 0) throw fail('has more than one output');
      return { layout };
  }
}

function followReshape(
  graph: Graph,
  node: Node,
  layout: Layout,
  spatial: boolean,
  fail: (what: string) => PathError,
): Followed {
  const entries = shapeEntries(graph, node.inputs[1]!);
  if (!entries) throw fail('its shape cannot be seen');
  const rank = entries.length;
  const { axis } = layout;
  if (rank === 2 && axis === 1 && !layout.merged && !spatial) {
    if (entries[0] !== -1) return { layout: { axis: 0, rank, merged: true }, replace: { axis: -1, rank } };
    return { layout: { axis: 0, rank, merged: true } };
  }
  // Reshapes split or merge heads and channels; the order of the axes stays, so the tokens are found by their side.
  const after = layout.rank - 1 - axis;
  const to = layout.merged || (axis === 1 && !spatial) ? 1 : rank - 1 - after;
  if (to < 0 || to >= rank || rank < 3) throw fail('its shape is not understood');
  const entry = entries[to];
  const follows =
    entry === -1 || (entry === 0 && to === axis && !layout.merged && node.int('allowzero', 0) === 0);
  const next = { axis: to, rank, merged: false };
  return follows ? { layout: next } : { layout: next, replace: { axis: to, rank } };
}

/** The shape with one entry exchanged; axis -1 means the merged rows, which are left to be inferred. */
function withEntry(
  graph: Graph,
  shape: string,
  replace: { axis: number; rank: number },
  count: string,
): string {
  const constant = (values: number[]) =>
    graph.addInitializer(int64Tensor('ref_shape', [values.length], values));
  const cut = (from: number, to: number) => graph.addNode('Slice', [shape, constant([from]), constant([to])]);
  if (replace.axis === -1) return graph.addNode('Concat', [constant([-1]), cut(1, 2)], { axis: attr.int(0) });
  const parts = [count];
  if (replace.axis > 0) parts.unshift(cut(0, replace.axis));
  if (replace.axis < replace.rank - 1) parts.push(cut(replace.axis + 1, replace.rank));
  return graph.addNode('Concat', parts, { axis: attr.int(0) });
}
