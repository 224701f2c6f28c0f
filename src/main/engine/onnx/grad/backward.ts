/** Reverse mode: the nodes that follow a graph back are added to the graph itself, so that its weights are there once. */
import { type Graph, type Model, type Node, readNames } from '../ir/graph.ts';
import { ELEMENT, elementName } from '../ir/types.ts';
import { inferShapes } from '../shapes/infer.ts';
import type { Known } from '../shapes/known.ts';
import { GraphEmitter } from './emitter.ts';
import { undifferentiable } from './rule.ts';
import { ruleFor } from './rules.ts';

export interface Backward {
  /** Of each value of `of`: the input that takes its cotangent, float32 in its shape. */
  readonly cotangents: ReadonlyMap<string, string>;
  /** Of each value of `by`: the output that gives Σ over `of` of cotangent · ∂of/∂by; null where none depends on it. */
  readonly gradients: ReadonlyMap<string, string | null>;
}

export interface Asked {
  /** Outputs, or any other values. */
  readonly of: readonly string[];
  /** Inputs, weights, or any other values. */
  readonly by: readonly string[];
  /** Each is computed only once what comes after it was followed back. */
  readonly stretches?: readonly Stretch[];
}

/** A part of the nodes, in order, and the values from before that they read. */
export interface Stretch {
  readonly nodes: readonly Node[];
  readonly given: readonly string[];
}

const REAL: readonly number[] = [ELEMENT.float16, ELEMENT.float64, ELEMENT.bfloat16];

/**
 * Only what lies between `by` and `of` is followed; what the network makes itself stays as it is.
 * @param model whose inputs have fixed shapes and whose nodes stand in order; changed in place
 * @throws AppError bundle-invalid naming an operator between them, and its node, that cannot be differentiated
 */
export function differentiate(model: Model, { of, by, stretches = [] }: Asked): Backward {
  const { graph } = model;
  const known = inferShapes(graph, fedOf(graph));
  const order = [...graph.nodes];
  const reached = reachedFrom(graph, order, by, known);
  const emit = new GraphEmitter(model, known);
  const sums = new Map<string, string>();
  const add = (value: string, more: string) => {
    const before = sums.get(value);
    sums.set(value, before === undefined ? more : emit.op('Add', [before, more]));
  };
  const cotangents = new Map<string, string>();
  for (const value of of) {
    const dims = emit.dims(value);
    const name = graph.unique(`cotangent_${value}`);
    graph.inputs.push({ name, type: ELEMENT.float32, dims });
    known.set(name, { dims, type: ELEMENT.float32 });
    cotangents.set(value, name);
    if (reached.has(value)) add(value, name);
  }
  const begins = new Map(stretches.map((stretch) => [stretch.nodes.at(-1), stretch]));
  /** What a stretch reads late, under its own name. */
  const early = new Map<string, string>();
  const waitedFor = new Set<string>();
  for (const node of order.reverse()) {
    if (begins.has(node)) wait(begins.get(node)!);
    const made = node.outputs.map((output) => sums.get(output) ?? null);
    const wants = (input: number) => reached.has(node.inputs[input] ?? '');
    if (made.every((one) => one === null) || !readNames(node).some((name) => reached.has(name))) continue;
    const rule = ruleFor(node);
    if (!rule || node.subgraphs.length > 0) throw undifferentiable(node);
    emit.of = node;
    const found = rule({ node, cotangents: made, wants, emit });
    for (const [i, input] of node.inputs.entries())
      if (wants(i) && found[i]) add(early.get(input) ?? input, found[i]);
  }
  return { cotangents, gradients: new Map(by.map((value) => [value, gradientOf(value)])) };

  /**
   * A runtime takes the order of nodes from what they read: what the stretch is given becomes a view whose shape comes out of the
   * cotangents that it is followed back with, and of what was summed up so far.
   */
  function wait({ nodes, given }: Stretch): void {
    const within = new Set(nodes);
    const made = nodes.flatMap(({ outputs }) => outputs.flatMap((name) => sums.get(name) ?? []));
    const first = [...made, ...by.flatMap((name) => sums.get(name) ?? [])].filter(
      (sum) => !waitedFor.has(sum),
    );
    if (first.length === 0) return;
    for (const sum of first) waitedFor.add(sum);
    const nothing = first
      .map((sum) => emit.op('Mul', [emit.op('Size', [sum]), emit.ints([0])]))
      .reduce((all, one) => emit.op('Add', [all, one]));
    for (const value of given) {
      const readers = graph.consumers(value).filter((reader) => within.has(reader));
      const late = emit.op('Reshape', [value, emit.op('Add', [emit.ints(emit.dims(value)), nothing])]);
      known.set(late, known.get(value)!);
      early.set(late, value);
      if (reached.has(value)) reached.add(late);
      for (const reader of readers)
        for (const [i, input] of reader.inputs.entries())
          if (input === value) graph.setInput(reader, i, late);
    }
  }

  function gradientOf(value: string): string | null {
    const sum = sums.get(value);
    if (sum === undefined) return null;
    const name = graph.unique(`gradient_${value}`);
    graph.addNode('Identity', [sum], {}, { outputs: [name] });
    graph.outputs.push({ name, type: ELEMENT.float32, dims: emit.dims(value) });
    return name;
  }
}

/** Inputs in the shapes they are fixed to; of others nothing is known. */
export function fedOf(graph: Graph): Map<string, Known> {
  const fed = new Map<string, Known>();
  for (const { name, type, dims } of graph.inputs)
    if (type !== null && dims?.every((dim) => typeof dim === 'number'))
      fed.set(name, { dims: dims as number[], type });
  return fed;
}

/** Real values that depend on others. Integers and truths have no derivative: shapes, indices, comparisons. */
function reachedFrom(
  graph: Graph,
  order: readonly Node[],
  by: readonly string[],
  known: ReadonlyMap<string, Known>,
): Set<string> {
  const reached = new Set(by);
  for (const node of order) {
    if (!readNames(node).some((name) => reached.has(name))) continue;
    for (const output of node.outputs) {
      const type = known.get(output)?.type ?? ELEMENT.float32;
      if (REAL.includes(type) && graph.consumers(output).length > 0)
        throw undifferentiable(node, `numbers of ${elementName(type)}`);
      if (type === ELEMENT.float32) reached.add(output);
    }
  }
  return reached;
}
