/** What calls of a network hold, from its graph and the shapes of its inputs: in the runtime's own order, by its own rules of reuse. */
import type { Graph, Node } from '../ir/graph.ts';
import { tensorBytes } from '../ir/types.ts';
import type { Allocation, Arena } from './arena.ts';
import { inferShapes } from './infer.ts';
import type { Known } from './known.ts';
import { sharedMemory } from './reuse.ts';
import { runOrder } from './run-order.ts';
import { workspaceOf } from './workspace.ts';

/** Of these the output is the first input under another shape. */
export const VIEWS: ReadonlySet<string> = new Set([
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Identity',
  'Dropout',
]);

const ONE = [
  'Sigmoid',
  'Erf',
  'Sqrt',
  'Relu',
  'Exp',
  'Neg',
  'Tanh',
  'Gelu',
  'QuickGelu',
  'Clip',
  'LeakyRelu',
];
const TWO = ['Add', 'Mul', 'Sub', 'Div', 'Pow'];
/**
 * Of these the output may lie where one of these inputs lay, once nobody else reads it. The softmax could, but of the shapes in an
 * attention the runtime does not see beforehand that they are equal.
 */
const IN_PLACE: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>([
  ...ONE.map((op) => [op, [0]] as const),
  ...TWO.map((op) => [op, [0, 1]] as const),
]);

/** Where it sees that. */
const IN_PLACE_IF_FIXED: ReadonlyMap<string, readonly number[]> = new Map([
  ...IN_PLACE,
  ...['Softmax', 'Cast'].map((op) => [op, [0]] as const),
]);

export interface FootprintOptions {
  /** Whether the runtime computes what depends on no input when it loads the graph; else at every call. */
  readonly folds: boolean;
  /** Whether it knows all shapes when it loads the graph. */
  readonly fixed?: boolean;
}

/** One operator, as far as memory matters. */
interface Step {
  readonly node: Node;
  /** Values that it makes, and the memory that it reads last. */
  readonly makes: readonly string[];
  readonly reads: readonly string[];
  readonly last: readonly string[];
}

export class Footprint {
  readonly #graph: Graph;
  readonly #fixed: boolean;
  readonly #steps: readonly Step[];
  /** For every computed value, the one whose memory it lies in. */
  readonly #holder: ReadonlyMap<string, string>;

  /** @param graph as it is opened; it must not change afterwards */
  constructor(graph: Graph, { folds, fixed: shapesFixed = false }: FootprintOptions) {
    this.#graph = graph;
    this.#fixed = shapesFixed;
    const order = runOrder(graph);
    const fixed = folds ? fixedValues(graph) : new Set(graph.initializers.keys());
    this.#holder = holders(graph, order, fixed);
    this.#steps = steps(graph, order, this.#holder);
  }

  /**
   * One call in an arena, without computing it.
   * @param fed inputs of the graph
   * @returns the most bytes that were held at once; values whose shape cannot be told count nothing
   */
  run(arena: Arena, fed: ReadonlyMap<string, Known>): number {
    const shapes = inferShapes(this.#graph, fed);
    return this.#fixed ? this.#runFixed(arena, shapes) : this.#runOpen(arena, shapes);
  }

  #runFixed(arena: Arena, shapes: ReadonlyMap<string, Known>): number {
    const given = new Set(this.#graph.outputs.map(({ name }) => this.#holder.get(name) ?? name));
    const inPlace = (step: number) => IN_PLACE_IF_FIXED.get(this.#steps[step]!.node.op) ?? [];
    const shared = sharedMemory(this.#steps, shapes, inPlace, given);
    const ends = new Map<string, number>();
    for (const [at, { last }] of this.#steps.entries())
      for (const value of last) if (shared.has(value)) ends.set(shared.get(value)!, at);
    for (const value of given) ends.delete(value);
    const places = new Map<string, { readonly place: Allocation; readonly bytes: number }>();
    let [now, most] = [0, 0];
    for (const [at, { node, makes, last }] of this.#steps.entries()) {
      for (const value of makes) {
        if (shared.get(value) !== value) continue;
        const bytes = bytesOf(value, shapes);
        places.set(value, { place: arena.take(bytes), bytes });
        now += bytes;
      }
      most = Math.max(most, now + workspaceIn(arena, node, shapes));
      for (const value of new Set(last.map((one) => shared.get(one)!))) {
        const found = ends.get(value) === at ? places.get(value) : undefined;
        if (!found) continue;
        arena.give(found.place);
        now -= found.bytes;
        places.delete(value);
      }
    }
    for (const { place } of places.values()) arena.give(place);
    return most;
  }

  #runOpen(arena: Arena, shapes: ReadonlyMap<string, Known>): number {
    const places = new Map<string, { readonly place: Allocation; readonly bytes: number }>();
    let [now, most] = [0, 0];
    const free = (value: string) => {
      const found = places.get(value);
      if (!found) return;
      arena.give(found.place);
      now -= found.bytes;
      places.delete(value);
    };
    for (const { node, makes, reads, last } of this.#steps) {
      for (const value of makes) {
        const bytes = bytesOf(value, shapes);
        const from =
          value === node.outputs[0]
            ? IN_PLACE.get(node.op)
                ?.map((input) => reads[input]!)
                .find((one) => last.includes(one) && places.get(one)?.bytes === bytes)
            : undefined;
        if (from !== undefined) {
          places.set(value, places.get(from)!);
          places.delete(from);
          continue;
        }
        places.set(value, { place: arena.take(bytes), bytes });
        now += bytes;
      }
      most = Math.max(most, now + workspaceIn(arena, node, shapes));
      for (const value of last) free(value);
    }
    for (const value of [...places.keys()]) free(value);
    return most;
  }
}

function bytesOf(value: string, shapes: ReadonlyMap<string, Known>): number {
  const shape = shapes.get(value);
  return (shape && tensorBytes(shape.type, shape.dims)) ?? 0;
}

/** Takes it and gives it back. */
function workspaceIn(arena: Arena, node: Node, shapes: ReadonlyMap<string, Known>): number {
  const bytes = workspaceOf(node, shapes);
  if (bytes > 0) arena.give(arena.take(bytes));
  return bytes;
}

/** What depends on no input. */
function fixedValues(graph: Graph): Set<string> {
  const fixed = new Set(graph.initializers.keys());
  for (const node of graph.nodes)
    if (node.inputs.every((input) => input === '' || fixed.has(input)))
      for (const output of node.outputs) fixed.add(output);
  return fixed;
}

function holders(graph: Graph, order: readonly Node[], fixed: ReadonlySet<string>): Map<string, string> {
  const holder = new Map<string, string>();
  for (const node of order) {
    for (const output of node.outputs) {
      if (output === '' || fixed.has(output) || node.op === 'Constant') continue;
      const [first = ''] = node.inputs;
      const own = !VIEWS.has(node.op) || graph.inputs.some(({ name }) => name === first);
      const of = own ? output : holder.get(first);
      if (of !== undefined) holder.set(output, of);
    }
  }
  return holder;
}

function steps(graph: Graph, order: readonly Node[], holder: ReadonlyMap<string, string>): Step[] {
  const given = new Set(graph.outputs.map(({ name }) => holder.get(name)));
  const lastReader = new Map<string, Node>();
  const made = (node: Node) => node.outputs.filter((output) => holder.get(output) === output);
  for (const node of order) {
    // What nobody reads ends with its own operator.
    for (const value of made(node)) lastReader.set(value, node);
    for (const input of node.inputs) if (holder.has(input)) lastReader.set(holder.get(input)!, node);
    // A view keeps what it looks at for its own readers.
    for (const output of node.outputs) if (holder.has(output)) lastReader.set(holder.get(output)!, node);
  }
  const ends = new Map<Node, string[]>();
  for (const [value, node] of lastReader)
    if (!given.has(value)) ends.set(node, [...(ends.get(node) ?? []), value]);
  return order
    .filter(({ outputs }) => outputs.some((output) => holder.has(output)))
    .map((node) => ({
      node,
      makes: made(node),
      reads: node.inputs.map((input) => holder.get(input) ?? ''),
      last: ends.get(node) ?? [],
    }));
}
