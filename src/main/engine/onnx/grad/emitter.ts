/** Writes the backward nodes of a graph into it. */
import { createHash } from 'node:crypto';
import { type Attribute, attr, type Graph, type Model, Node } from '../ir/graph.ts';
import { float32Tensor, int64Tensor } from '../ir/types.ts';
import { type Known, knownTensor } from '../shapes/known.ts';
import { ruleOf } from '../shapes/operators.ts';
import { type Emitter, undifferentiable } from './rule.ts';

/** Operator sets from which on axes are an input. */
const SUM_AXES_INPUT = 13;
const MEAN_AXES_INPUT = 18;
const SPLIT_INPUT = 13;
/** Longer constants are known by their hash. */
const MOST_PRINTED = 16;

/**
 * @param known shapes of all values of the graph; those of added ones are put there too
 * @param prefix of the names of what is added
 */
export class GraphEmitter implements Emitter {
  readonly graph: Graph;
  readonly opset: number;
  /** The node that is followed back, or taken apart: what is added is named after it. */
  of: Node | null = null;
  readonly #known: Map<string, Known>;
  readonly #prefix: string;
  readonly #shared = new Map<string, string>();

  constructor({ graph, opsets }: Model, known: Map<string, Known>, prefix = 'backward') {
    this.graph = graph;
    this.opset = opsets.get('') ?? 1;
    this.#known = known;
    this.#prefix = prefix;
  }

  dims(value: string): readonly number[] {
    return this.#told(value).dims;
  }

  type(value: string): number {
    return this.#told(value).type;
  }

  values(value: string): readonly number[] | null {
    return this.#known.get(value)?.values ?? null;
  }

  op(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    const [output] = this.#add(op, inputs, attributes, domain, 1);
    return output!;
  }

  split(value: string, axis: number, sizes: readonly number[]): string[] {
    const byInput = this.opset >= SPLIT_INPUT;
    const inputs = byInput ? [value, this.ints(sizes)] : [value];
    const attributes = { axis: attr.int(axis), ...(byInput ? {} : { split: attr.ints(sizes) }) };
    return this.#add('Split', inputs, attributes, '', sizes.length);
  }

  sum(value: string, axes: readonly number[]): string {
    return this.#reduced('ReduceSum', value, axes, SUM_AXES_INPUT);
  }

  mean(value: string, axes: readonly number[]): string {
    return this.#reduced('ReduceMean', value, axes, MEAN_AXES_INPUT);
  }

  reshape(value: string, dims: readonly number[]): string {
    if (same(this.dims(value), dims)) return value;
    // A side of 0 would stand for that of the input.
    const attributes: Record<string, Attribute> = dims.includes(0) ? { allowzero: attr.int(1) } : {};
    return this.op('Reshape', [value, this.ints(dims)], attributes);
  }

  transpose(value: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i)
      ? value
      : this.op('Transpose', [value], { perm: attr.ints(perm) });
  }

  expand(value: string, dims: readonly number[]): string {
    return same(this.dims(value), dims) ? value : this.op('Expand', [value, this.ints(dims)]);
  }

  zeros(dims: readonly number[]): string {
    return this.expand(this.float(0), dims);
  }

  ints(values: readonly number[]): string {
    return this.#once(`ints ${values}`, () =>
      this.graph.addInitializer(int64Tensor(`${this.#prefix}_ints`, [values.length], values)),
    );
  }

  float(value: number): string {
    return this.floats(Float32Array.of(value), []);
  }

  floats(values: Float32Array, dims: readonly number[]): string {
    return this.#once(`floats ${contents(values)} of ${dims}`, () =>
      this.graph.addInitializer(float32Tensor(`${this.#prefix}_floats`, dims, values)),
    );
  }

  sumTo(value: string, dims: readonly number[]): string {
    const from = this.dims(value);
    const more = from.length - dims.length;
    const axes = from.flatMap((side, axis) => (side === 1 || dims[axis - more] === side ? [] : [axis]));
    return this.reshape(axes.length > 0 ? this.sum(value, axes) : value, dims);
  }

  #told(value: string): Known {
    const known = this.#known.get(value);
    if (known) return known;
    const maker = this.graph.producer(value) ?? new Node({ op: 'input', inputs: [], outputs: [value] });
    throw undifferentiable(maker, 'an output of unknown shape');
  }

  #reduced(op: string, value: string, axes: readonly number[], sinceInput: number): string {
    if (axes.length === 0) return value;
    const keep = { keepdims: attr.int(1) };
    return this.opset >= sinceInput
      ? this.op(op, [value, this.ints(axes)], keep)
      : this.op(op, [value], { ...keep, axes: attr.ints(axes) });
  }

  #add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    domain: string,
    count: number,
  ): string[] {
    const prefix = this.#prefix;
    const outputs = Array.from({ length: count }, () => this.graph.unique(`${prefix}_${op}_out`));
    const name = this.of?.name ? `${this.of.name}/${prefix}/${op}` : `${prefix}_${op}`;
    this.graph.addNode(op, inputs, attributes, { domain, name, outputs });
    const node = this.graph.producer(outputs[0]!)!;
    const made = ruleOf(op)(
      node,
      inputs.map((input) => this.#known.get(input)),
    );
    const all = made === null ? [] : 'dims' in made ? [made] : made;
    // Most are pictures and tokens: what they hold is not carried along.
    for (const [i, output] of outputs.entries())
      if (all[i]) this.#known.set(output, { dims: all[i].dims, type: all[i].type });
    return outputs;
  }

  #once(key: string, make: () => string): string {
    const made = this.#shared.get(key) ?? make();
    this.#shared.set(key, made);
    this.#known.set(made, knownTensor(this.graph.initializers.get(made)!));
    return made;
  }
}

/** What tells it from others: the numbers themselves of short ones. */
function contents(values: Float32Array): string {
  if (values.length <= MOST_PRINTED) return `${values}`;
  const { buffer, byteOffset, byteLength } = values;
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, i) => side === b[i]);
}
