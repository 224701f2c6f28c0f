/**
 * Adds what was learnt for a network to its layers, beside their weights (LoRA: Hu et al. 2021; LoCon, LoHa, LoKr: Yeh et
 * al. 2023). How strong is an input of the graph, so that another strength loads nothing anew.
 */
import { weightOf } from '../ir/constants.ts';
import { type Attribute, attr, type Graph, type Node } from '../ir/graph.ts';
import { type Layer, layersOf } from '../ir/modules.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT, float32Tensor, int64Tensor, type Tensor } from '../ir/types.ts';
import { lostValue, type Pass } from './pass.ts';

/** ΔW of a layer, as factors. Matrices lie as (out, in), the channels of convolutions too. */
export type Delta =
  /** up·down (out, r)·(r, in); with `mid` (r, r, k, k) between them, Tucker's form of a convolution. */
  | { readonly kind: 'low-rank'; readonly down: Tensor; readonly mid: Tensor | null; readonly up: Tensor }
  /** The two products, element by element. */
  | { readonly kind: 'hadamard'; readonly factors: readonly [Factors, Factors] }
  /** Kronecker's product. */
  | { readonly kind: 'kronecker'; readonly left: Matrix; readonly right: Matrix }
  /** All of it, and what is added to the bias. */
  | { readonly kind: 'full'; readonly weight: Tensor | null; readonly bias: Tensor | null };

/** a·b, (out, r)·(r, in); with a core (r, r, k, k) Tucker's form, whose a lies as (r, out). */
export interface Factors {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly core: Tensor | null;
}

export type Matrix = Tensor | Factors;

export interface Addition {
  /** The module of its layer, as `layersOf` calls it. */
  readonly module: string;
  readonly delta: Delta;
  /** What the delta is multiplied with at strength 1: alpha/rank. */
  readonly scale: number;
}

/** What one file adds to one network. */
export interface Adapter {
  readonly additions: readonly Addition[];
  /** Asked at every run; 0 adds nothing. */
  readonly strength: () => number;
}

export interface StrengthInput {
  /** Input of the graph, float32 []. */
  readonly name: string;
  readonly strength: () => number;
}

/**
 * y of a layer becomes y + Σ strength·scale·(x·ΔWᵀ), adapter by adapter.
 *
 * Requires: a layer of every module. Ensures: one input `lora_strength_i` more for each adapter, its values read; with all strengths 0
 * the outputs are the original's, where the runtime fuses alike to the bit. Gives back the inputs.
 */
export const lowRank: Pass<{ readonly adapters: readonly Adapter[] }, readonly StrengthInput[]> = {
  id: 'low-rank',
  requires({ graph }, { adapters }) {
    const there = new Set(layersOf(graph).map(({ module }) => module));
    const lacking = adapters.flatMap(({ additions }) => additions).find(({ module }) => !there.has(module));
    return lacking ? `there is no layer ${lacking.module}` : null;
  },
  run({ graph }, { adapters }) {
    const byModule = new Map<string, { readonly addition: Addition; readonly input: string }[]>();
    const inputs = adapters.map(({ additions, strength }, index) => {
      const name = graph.unique(`lora_strength_${index}`);
      graph.inputs.push({ name, type: ELEMENT.float32, dims: [] });
      for (const addition of additions)
        byModule.set(addition.module, [...(byModule.get(addition.module) ?? []), { addition, input: name }]);
      return { name, strength };
    });
    for (const layer of layersOf(graph)) {
      const beside = new Beside(graph, layer);
      const parts = (byModule.get(layer.module) ?? []).flatMap(({ addition, input }) =>
        beside.parts(addition, input),
      );
      if (parts.length > 0) addBeside(graph, layer, parts);
    }
    sortNodes(graph);
    return inputs;
  },
  ensures(model, { options: { adapters }, outcome, before }) {
    const { graph } = model;
    if (outcome.length !== adapters.length) return 'an adapter has no strength';
    const unread = outcome.find(({ name }) => graph.consumers(name).length === 0);
    if (unread) return `nobody reads ${unread.name}`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

/** Adds to what the layer makes, the layer's own first; behind its bias, which the runtime fuses with the product. */
export function addBeside(graph: Graph, { node, module }: Layer, parts: readonly string[]): void {
  const last = biasBehind(graph, node) ?? node;
  const [output] = last.outputs as [string];
  let sum = graph.unique(`${output}_plain`);
  graph.renameOutput(last, 0, sum);
  parts.forEach((part, i) => {
    const outputs = i === parts.length - 1 ? [output] : undefined;
    sum = graph.addNode('Add', [sum, part], {}, { name: `/${module}/lora/Add`, ...(outputs && { outputs }) });
  });
}

function biasBehind(graph: Graph, { outputs: [made] }: Node): Node | null {
  const [reader, ...others] = graph.consumers(made!);
  const isGiven = graph.outputs.some(({ name }) => name === made);
  if (reader?.op !== 'Add' || others.length > 0 || isGiven) return null;
  const other = reader.inputs.find((input) => input !== made);
  return other !== undefined && weightOf(graph, other)?.tensor.dims.length === 1 ? reader : null;
}

/** What is added to one layer, as nodes. */
class Beside {
  readonly #graph: Graph;
  readonly #layer: Layer;

  constructor(graph: Graph, layer: Layer) {
    this.#graph = graph;
    this.#layer = layer;
  }

  /** @param strength name of a scalar */
  parts({ delta, scale }: Addition, strength: string): string[] {
    const { node, from, to, kernel } = this.#layer;
    const [x] = node.inputs as [string];
    const times = (value: string) => this.#node('Mul', [value, this.#factor(strength, scale)]);
    if (delta.kind === 'low-rank') {
      const { down, mid, up } = delta;
      const rank = down.dims[0]!;
      if (kernel === null) {
        const thin = times(this.#product(x, this.#constant(down, [rank, from])));
        return [this.#product(thin, this.#constant(up, [to, rank]))];
      }
      const thin = mid
        ? this.#convolved(
            this.#convolved(x, this.#constant(down, [rank, from, 1, 1])),
            this.#constant(mid),
            true,
          )
        : this.#convolved(x, this.#constant(down, [rank, from, ...kernel]), true);
      return [this.#convolved(times(thin), this.#constant(up, [to, up.dims[1]!, 1, 1]))];
    }
    const bias = delta.kind === 'full' && delta.bias;
    const added = bias ? [times(this.#constant(bias, kernel ? [1, to, 1, 1] : [to]))] : [];
    if (delta.kind === 'full' && delta.weight === null) return added;
    const weight = this.#whole(delta);
    return [times(kernel ? this.#convolved(x, weight, true) : this.#product(x, weight)), ...added];
  }

  /** ΔW in the layer's own shape, of constants alone: the runtime computes it when it loads the graph. */
  #whole(delta: Exclude<Delta, { kind: 'low-rank' }>): string {
    const { from, to, kernel } = this.#layer;
    const shape = [to, from, ...(kernel ?? [])];
    if (delta.kind === 'full') return this.#constant(delta.weight!, shape);
    if (delta.kind === 'hadamard') {
      const [one, other] = delta.factors.map((factors) => this.#matrix(factors)) as [string, string];
      return this.#reshaped(this.#node('Mul', [one, other]), shape);
    }
    const [rows, columns] = sizesOf(delta.left) as [number, number];
    const [one, ones] = [1, kernel ? [1, 1] : []];
    const left = this.#reshaped(this.#matrix(delta.left), [rows, one, columns, one, ...ones]);
    const right = this.#reshaped(this.#matrix(delta.right), [
      one,
      to / rows,
      one,
      from / columns,
      ...(kernel ?? []),
    ]);
    return this.#reshaped(this.#node('Mul', [left, right]), shape);
  }

  #matrix(matrix: Matrix): string {
    if (!('a' in matrix)) return this.#constant(matrix);
    const { a, b, core } = matrix;
    const [left, right] = [this.#constant(a), this.#constant(b)];
    if (core === null) return this.#node('MatMul', [left, right]);
    return this.#node('Einsum', [this.#constant(core), right, left], {
      equation: attr.string('ijkl,jr,ip->prkl'),
    });
  }

  /** x·Wᵀ */
  #product(x: string, weight: string): string {
    const turned = this.#node('Transpose', [weight], { perm: attr.ints([1, 0]) });
    return this.#node('MatMul', [x, turned]);
  }

  /** @param whole at the layer's own size, stride and padding; else each pixel for itself */
  #convolved(x: string, weight: string, whole = false): string {
    return this.#node('Conv', [x, weight], whole ? Object.fromEntries(this.#layer.node.attributes) : {});
  }

  #reshaped(value: string, shape: readonly number[]): string {
    const sizes = this.#graph.addInitializer(int64Tensor('lora_shape', [shape.length], shape));
    return this.#node('Reshape', [value, sizes]);
  }

  /** In the type in which the layer computes. @param dims of as many elements, where the layer has its weight otherwise grouped */
  #constant(tensor: Tensor, dims = tensor.dims): string {
    const name = this.#graph.addInitializer({ ...tensor, name: `lora/${this.#layer.module}`, dims });
    return this.#typed(name, tensor.type);
  }

  #factor(strength: string, scale: number): string {
    const times = this.#graph.addInitializer(float32Tensor('lora_scale', [], Float32Array.of(scale)));
    return this.#typed(this.#node('Mul', [strength, times]), ELEMENT.float32);
  }

  #typed(value: string, type: number): string {
    const { type: wanted } = this.#layer;
    return type === wanted ? value : this.#node('Cast', [value], { to: attr.int(wanted) });
  }

  #node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.#graph.addNode(op, inputs, attributes, { name: `/${this.#layer.module}/lora/${op}` });
  }
}

/** Rows and columns of a matrix, or of the product of two. */
function sizesOf(matrix: Matrix): readonly number[] {
  if (!('a' in matrix)) return matrix.dims;
  const { a, b, core } = matrix;
  return [core ? a.dims[1]! : a.dims[0]!, b.dims[1]!];
}
