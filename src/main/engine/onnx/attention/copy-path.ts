/** A copy of the way from tokens to an attention product that carries another number of tokens. */

import { constantIntegers, shapeEntries, weightOf } from '../ir/constants.ts';
import { attr, type Graph, Node } from '../ir/graph.ts';
import { int64Tensor } from '../ir/types.ts';
import type { IntegerProduct, Step, TokenPath } from './token-path.ts';

/** Thrown where a path cannot be followed or copied; its node is named in the message. */
export class PathError extends Error {
  override readonly name = 'PathError';
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
    if (step.integer) {
      at = copyInteger(graph, step.integer, step.node, at);
      continue;
    }
    const inputs = [...step.node.inputs];
    inputs[step.input] = at;
    if (step.beside) inputs[step.beside.input] = copyPath(graph, step.beside.path, tokens, count);
    const next = follow(graph, step, layout, convolution && step.node !== path.projection);
    if (next.replace) inputs[1] = withEntry(graph, step.node.inputs[1]!, next.replace, count());
    const outputs = step.node.outputs.map((output) => (output === '' ? '' : graph.unique(`${output}_ref`)));
    graph.insert(copyOf(graph, step.node, inputs, outputs));
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
  // Unless it says that they, and all before them, are as they were.
  const kept = !layout.merged && node.int('allowzero', 0) === 0 && allZero(entries.slice(0, axis + 1));
  const to = kept ? axis : layout.merged || (axis === 1 && !spatial) ? 1 : rank - 1 - after;
  if (to < 0 || to >= rank || rank < 3) throw fail('its shape is not understood');
  const entry = entries[to];
  const follows =
    entry === -1 || (entry === 0 && to === axis && !layout.merged && node.int('allowzero', 0) === 0);
  const next = { axis: to, rank, merged: false };
  return follows ? { layout: next } : { layout: next, replace: { axis: to, rank } };
}

function allZero(entries: readonly (number | null)[]): boolean {
  return entries.every((entry) => entry === 0);
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

function copyInteger(
  graph: Graph,
  { quantise, product, cast, scale }: IntegerProduct,
  node: Node,
  tokens: string,
): string {
  const made = new Map<string, string>();
  const copy = (one: Node, inputs: readonly string[]) => {
    const outputs = one.outputs.map((output) => (output === '' ? '' : graph.unique(`${output}_ref`)));
    one.outputs.forEach((output, i) => {
      if (output !== '') made.set(output, outputs[i]!);
    });
    graph.insert(copyOf(graph, one, inputs, outputs));
  };
  copy(quantise, [tokens]);
  for (const one of [product, cast, scale, node])
    copy(
      one,
      one.inputs.map((input) => made.get(input) ?? input),
    );
  return made.get(node.outputs[0]!)!;
}

function copyOf(graph: Graph, node: Node, inputs: readonly string[], outputs: readonly string[]): Node {
  const { op, domain, attributes } = node;
  return new Node({ op, domain, name: graph.unique(`${node.name}_ref`), inputs, outputs, attributes });
}
