/** A mutable graph keyed by value names, with an index of who makes and who reads each value. */
import { assert } from '../../../../common/errors.ts';
import type { Tensor, ValueInfo } from './types.ts';

export type Attribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: Uint8Array }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly bigint[] }
  | { readonly kind: 'strings'; readonly value: readonly Uint8Array[] }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  | { readonly kind: 'opaque'; readonly source: unknown };

export const attr = {
  float: (value: number): Attribute => ({ kind: 'float', value }),
  int: (value: number | bigint): Attribute => ({ kind: 'int', value: BigInt(value) }),
  ints: (value: readonly (number | bigint)[]): Attribute => ({ kind: 'ints', value: value.map(BigInt) }),
  floats: (value: readonly number[]): Attribute => ({ kind: 'floats', value }),
  string: (value: string): Attribute => ({ kind: 'string', value: new TextEncoder().encode(value) }),
  tensor: (value: Tensor): Attribute => ({ kind: 'tensor', value }),
  graph: (value: Graph): Attribute => ({ kind: 'graph', value }),
};

export interface NodeInit {
  readonly op: string;
  /** '' is the standard operator set. */
  readonly domain?: string;
  readonly name?: string;
  /** '' stands for an omitted optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: ReadonlyMap<string, Attribute>;
  readonly source?: unknown;
}

const NONE: readonly Graph[] = [];

export class Node {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  /** Change through Graph.setInput, which keeps the index. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Map<string, Attribute>;
  readonly source: unknown;

  constructor(init: NodeInit) {
    this.op = init.op;
    this.domain = init.domain === 'ai.onnx' ? '' : (init.domain ?? '');
    this.name = init.name ?? '';
    this.inputs = [...init.inputs];
    this.outputs = [...init.outputs];
    this.attributes = new Map(init.attributes ?? []);
    this.source = init.source;
  }

  /** The node as an error may name it. */
  get label(): string {
    return this.name || `${this.op} making ${this.outputs[0] ?? 'nothing'}`;
  }

  int(name: string, fallback: number): number {
    const value = this.attributes.get(name);
    return value?.kind === 'int' ? Number(value.value) : fallback;
  }

  ints(name: string): number[] | null {
    const value = this.attributes.get(name);
    return value?.kind === 'ints' ? value.value.map(Number) : null;
  }

  float(name: string): number | null {
    const value = this.attributes.get(name);
    return value?.kind === 'float' ? value.value : null;
  }

  text(name: string): string | null {
    const value = this.attributes.get(name);
    return value?.kind === 'string' ? new TextDecoder().decode(value.value) : null;
  }

  /** Graphs held in attributes (the branches of If, the body of Loop). */
  get subgraphs(): readonly Graph[] {
    if (this.attributes.size === 0) return NONE;
    const found: Graph[] = [];
    for (const value of this.attributes.values()) {
      if (value.kind === 'graph') found.push(value.value);
      else if (value.kind === 'graphs') found.push(...value.value);
    }
    return found;
  }
}

export class Graph {
  name: string;
  readonly inputs: ValueInfo[] = [];
  readonly outputs: ValueInfo[] = [];
  readonly initializers = new Map<string, Tensor>();
  /** Annotations of inner values; a pass that changes a shape removes the entry. */
  readonly valueInfo = new Map<string, ValueInfo>();
  readonly source: unknown;
  readonly #nodes = new Set<Node>();
  readonly #producer = new Map<string, Node>();
  readonly #consumers = new Map<string, Set<Node>>();
  readonly #taken = new Set<string>();
  readonly #counted = new Map<string, number>();
  /** Whether #taken holds the names of inputs and subgraphs too; they are gathered at the first need. */
  #named = false;

  constructor(name = '', source?: unknown) {
    this.name = name;
    this.source = source;
  }

  get nodes(): Iterable<Node> {
    return this.#nodes;
  }

  get nodeCount(): number {
    return this.#nodes.size;
  }

  producer(value: string): Node | undefined {
    return this.#producer.get(value);
  }

  /** Nodes reading the value, also from inside their subgraphs; graph outputs are not counted. */
  consumers(value: string): Node[] {
    return [...(this.#consumers.get(value) ?? [])];
  }

  insert(node: Node): Node {
    for (const output of node.outputs) {
      if (output === '') continue;
      assert(!this.#producer.has(output), `${output} is made twice`);
      this.#producer.set(output, node);
      this.#taken.add(output);
    }
    this.#taken.add(node.name);
    for (const name of readNames(node)) this.#read(name, node);
    this.#nodes.add(node);
    return node;
  }

  /** Returns false when the node is no longer there. Its readers must have been given another value. */
  remove(node: Node): boolean {
    if (!this.#nodes.delete(node)) return false;
    for (const output of node.outputs) this.#producer.delete(output);
    for (const name of readNames(node)) this.#consumers.get(name)?.delete(node);
    return true;
  }

  /** Adds a node and returns the name of its first output. */
  addNode(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: { domain?: string; name?: string; outputs?: readonly string[] } = {},
  ): string {
    const name = this.unique(options.name ?? op);
    const outputs = options.outputs ?? [this.unique(`${name}_out`)];
    this.insert(
      new Node({
        op,
        domain: options.domain,
        name,
        inputs,
        outputs,
        attributes: new Map(Object.entries(attributes)),
      }),
    );
    const first = outputs[0];
    assert(first !== undefined, `${op} makes nothing`);
    return first;
  }

  /** Adds an initializer under a name that is still free and returns that name. */
  addInitializer(tensor: Tensor): string {
    const name = this.unique(tensor.name);
    this.initializers.set(name, { ...tensor, name });
    return name;
  }

  setInput(node: Node, index: number, value: string): void {
    assert(index < node.inputs.length, `${node.label} has no input ${index}`);
    for (const name of readNames(node)) this.#consumers.get(name)?.delete(node);
    (node.inputs as string[])[index] = value;
    for (const name of readNames(node)) this.#read(name, node);
  }

  /** Lets every reader of a value, also inside subgraphs, read another one; graph outputs are left as they are. */
  replaceUses(value: string, by: string): void {
    for (const node of this.consumers(value)) {
      node.inputs.forEach((input, index) => {
        if (input === value) this.setInput(node, index, by);
      });
      for (const graph of node.subgraphs) {
        if (!freeNames(graph).has(value)) continue;
        graph.replaceUses(value, by);
        for (const output of graph.outputs) if (output.name === value) output.name = by;
      }
      this.#consumers.get(value)?.delete(node);
      for (const name of readNames(node)) this.#read(name, node);
    }
  }

  /** Makes a node's output appear under another name; readers of the old name are left as they are. */
  renameOutput(node: Node, index: number, value: string): void {
    const old = node.outputs[index];
    assert(old !== undefined && !this.#producer.has(value), `cannot rename output ${index} of ${node.label}`);
    (node.outputs as string[])[index] = value;
    this.#producer.delete(old);
    this.#producer.set(value, node);
  }

  /** A name no value or node of this graph or its subgraphs has; reserved for the caller. */
  unique(base: string): string {
    if (!this.#named) {
      for (const value of [...this.inputs, ...this.outputs]) this.#taken.add(value.name);
      for (const node of this.#nodes)
        for (const graph of node.subgraphs) for (const name of allNames(graph)) this.#taken.add(name);
    }
    this.#named = true;
    let name = base;
    // Thousands of nodes share a base: counting goes on where it ended.
    let i = this.#counted.get(base) ?? 1;
    for (; this.#taken.has(name) || this.initializers.has(name); i++) name = `${base}_${i}`;
    this.#counted.set(base, i);
    this.#taken.add(name);
    return name;
  }

  /** Puts the nodes in another order. They are the same ones. */
  reorder(nodes: Iterable<Node>): void {
    const order = [...nodes];
    this.#nodes.clear();
    for (const node of order) this.#nodes.add(node);
  }

  #read(name: string, node: Node): void {
    if (name === '') return;
    const readers = this.#consumers.get(name);
    if (readers) readers.add(node);
    else this.#consumers.set(name, new Set([node]));
  }
}

export interface Model {
  readonly graph: Graph;
  /** Version by domain; '' is the standard operator set. */
  readonly opsets: Map<string, number>;
  readonly irVersion: number;
  readonly source?: unknown;
}

/** Names a node reads: its inputs (also twice, also '' for omitted ones), and what its subgraphs take from outside. */
export function readNames(node: Node): readonly string[] {
  const inner = node.subgraphs;
  return inner.length === 0
    ? node.inputs
    : [...node.inputs, ...inner.flatMap((graph) => [...freeNames(graph)])];
}

/** Names a subgraph takes from the graphs around it. */
function freeNames(graph: Graph): Set<string> {
  const own = new Set([...graph.inputs.map((input) => input.name), ...graph.initializers.keys()]);
  const free = new Set<string>();
  for (const node of graph.nodes) for (const output of node.outputs) own.add(output);
  for (const node of graph.nodes)
    for (const name of readNames(node)) if (name !== '' && !own.has(name)) free.add(name);
  for (const output of graph.outputs) if (!own.has(output.name)) free.add(output.name);
  return free;
}

function* allNames(graph: Graph): Generator<string> {
  for (const value of [...graph.inputs, ...graph.outputs]) yield value.name;
  yield* graph.initializers.keys();
  for (const node of graph.nodes) {
    yield node.name;
    yield* node.outputs;
    for (const inner of node.subgraphs) yield* allNames(inner);
  }
}
