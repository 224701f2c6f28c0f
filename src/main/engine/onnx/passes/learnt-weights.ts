/**
 * Weights that are learnt become inputs of the graph (one-shot tuning: Tune-A-Video, Wu et al. 2023, section 4.2): an initializer
 * cannot be overridden when the runtime runs. Learnt are the projections of the queries, of self-attention and of attention to the
 * text; all of each, or two thin factors beside it (Hu et al. 2021).
 */
import { AppError } from '../../../../common/errors.ts';
import { NoQueries, queryLayers } from '../attention/queries.ts';
import { constantOf } from '../ir/constants.ts';
import { attr, type Graph, type Model } from '../ir/graph.ts';
import type { Layer } from '../ir/modules.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT, type Tensor } from '../ir/types.ts';
import { addBeside } from './low-rank.ts';
import { lostValue, type Pass } from './pass.ts';

/** W of a layer, or of W + up·down. */
type LearntPart = 'weight' | 'down' | 'up';

export interface LearntInput {
  /** Of the graph, float32. */
  readonly input: string;
  /** As what is learnt is kept: "mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight", ".down", ".up". */
  readonly name: string;
  readonly module: string;
  readonly part: LearntPart;
  /** (out, in); of factors (rank, in) and (out, rank). */
  readonly dims: readonly [number, number];
  /** Where the network's own weight lies, and whether as (in, out); null for factors. */
  readonly own: { readonly tensor: Tensor; readonly turned: boolean } | null;
}

export interface LearntOptions {
  /** Of the factors beside each weight; 0 for the weights themselves. */
  readonly rank: number;
}

/**
 * Requires: unpack-attention, where projections are packed. Ensures: one input more for each layer, two with a rank; fed with the network's own weights,
 * or with factors of which one is zero, the outputs are the original's up to the rounding of a product whose weight the runtime cannot
 * lay out beforehand. Gives back the inputs.
 *
 * Refuses with AppError bundle-invalid naming an attention whose queries have no layer of their own, and with rank 0 weights that are quantised.
 */
export const learntWeights: Pass<LearntOptions, readonly LearntInput[]> = {
  id: 'learnt-weights',
  requires: () => null,
  run(model, { rank }, doing) {
    const { graph } = model;
    const layers = queriesOf(model, doing);
    const inputs = layers.flatMap((layer) =>
      rank > 0 ? factorsBeside(graph, layer, rank, doing) : [weightOfItsOwn(graph, layer, doing)],
    );
    sortNodes(graph);
    return inputs;
  },
  ensures(model, { outcome, before }) {
    const { graph } = model;
    const unread = outcome.find(({ input }) => graph.consumers(input).length === 0);
    if (unread) return `nobody reads ${unread.input}`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

const EXPORT_AGAIN =
  'Use the model as .safetensors, or export it again with plain attention, without fused or optimised operators.';

function queriesOf({ graph }: Model, doing: string): Layer[] {
  const refuse = (why: string) =>
    new AppError('bundle-invalid', `the model cannot learn: ${why}`, { doing, hint: EXPORT_AGAIN });
  try {
    const layers = queryLayers(graph).map(({ layer }) => layer);
    if (layers.length === 0) throw refuse('it has no attention');
    const convolved = layers.find(({ kernel }) => kernel !== null);
    if (convolved) throw refuse(`the queries of ${convolved.module} are made by a convolution`);
    return layers;
  } catch (error) {
    throw error instanceof NoQueries ? refuse(error.message) : error;
  }
}

function weightOfItsOwn(graph: Graph, { module, node, from, to, type }: Layer, doing: string): LearntInput {
  const stored = ownWeight(graph, node.inputs[1]!);
  const turnsB = node.int('transB', 0) === 1;
  if (!stored || !['MatMul', 'Gemm', 'FusedMatMul'].includes(node.op))
    throw new AppError('bundle-invalid', `the weight of ${module} is quantised, so it cannot be learnt`, {
      doing,
      hint: 'Set "rank" above 0: what is learnt then stands beside it. Or use the model in half or full precision.',
    });
  const input = fed(graph, `learnt/${module}.weight`, [to, from]);
  const typed = typedAs(graph, input, type);
  graph.setInput(node, 1, turnsB ? typed : graph.addNode('Transpose', [typed], { perm: attr.ints([1, 0]) }));
  // As the file has it, which is not what the product reads where it is transposed on the way.
  const turned = (stored.turns % 2 === 1) === turnsB;
  return {
    input,
    name: `${module}.weight`,
    module,
    part: 'weight',
    dims: [to, from],
    own: { tensor: stored.tensor, turned },
  };
}

/** The stored numbers behind a value, and how often they are transposed on the way; null where they are computed. */
function ownWeight(graph: Graph, value: string): { readonly tensor: Tensor; readonly turns: number } | null {
  const tensor = constantOf(graph, value);
  if (tensor) return FLOATS.includes(tensor.type) ? { tensor, turns: 0 } : null;
  const node = graph.producer(value);
  if (!node || !['Identity', 'Cast', 'Transpose'].includes(node.op)) return null;
  const inner = ownWeight(graph, node.inputs[0]!);
  return inner && { ...inner, turns: inner.turns + (node.op === 'Transpose' ? 1 : 0) };
}

const FLOATS: readonly number[] = [ELEMENT.float32, ELEMENT.float16, ELEMENT.bfloat16, ELEMENT.float64];

/** x·(up·down)ᵀ is added to what the layer makes. */
function factorsBeside(graph: Graph, layer: Layer, rank: number, doing: string): LearntInput[] {
  const { module, node, from, to, type } = layer;
  if (rank > Math.min(from, to))
    throw new AppError('usage', `the rank ${rank} is more than ${module} has (${Math.min(from, to)})`, {
      doing,
      hint: 'Give a smaller rank, or 0 to learn the weights themselves.',
    });
  const parts = [
    { part: 'down', dims: [rank, from] },
    { part: 'up', dims: [to, rank] },
  ] as const;
  let at = node.inputs[0]!;
  const inputs = parts.map(({ part, dims }): LearntInput => {
    const input = fed(graph, `learnt/${module}.${part}`, dims);
    const turned = graph.addNode('Transpose', [typedAs(graph, input, type)], { perm: attr.ints([1, 0]) });
    at = graph.addNode('MatMul', [at, turned], {}, { name: `/${module}/learnt/${part}/MatMul` });
    return { input, name: `${module}.${part}`, module, part, dims, own: null };
  });
  addBeside(graph, layer, [at]);
  return inputs;
}

function fed(graph: Graph, name: string, dims: readonly number[]): string {
  const input = graph.unique(name);
  graph.inputs.push({ name: input, type: ELEMENT.float32, dims });
  return input;
}

function typedAs(graph: Graph, value: string, type: number): string {
  return type === ELEMENT.float32 ? value : graph.addNode('Cast', [value], { to: attr.int(type) });
}
