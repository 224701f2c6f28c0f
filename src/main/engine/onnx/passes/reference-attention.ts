/**
 * Lets self-attention read tokens of other frames (feature injection: Pix2Video, Ceylan et al. 2023; sparse-causal
 * attention: Tune-A-Video, Wu et al. 2023). One rewritten graph serves every variant; the caller chooses the tokens.
 */
import { AppError } from '../../../../common/errors.ts';
import { copyPath, PathError } from '../attention/copy-path.ts';
import { findSelfAttentions, type SelfAttention, WITHOUT } from '../attention/find.ts';
import { attr, type Graph, type Model, type Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { ELEMENT, int64Tensor } from '../ir/types.ts';
import { lostValue, type Pass } from './pass.ts';
import { packedAttentions } from './unpack-attention.ts';

/** Shared input, int64 [1]: how many of a layer's own tokens serve as keys and values, from the first on. */
export const SELF_LENGTH = 'ref_self_length';
/** More than any picture has: the network's own keys and values all take part. */
export const ALL_TOKENS = 2 ** 31;

export interface Site {
  readonly index: number;
  /** Node of the attention product, for reports. */
  readonly name: string;
  /** Input, float32 [B, M, C], M ≥ 0: tokens put in front of the own ones. */
  readonly bank: string;
  /** Output, float32 [B, N, C]: the tokens this layer's keys and values are made of. */
  readonly feature: string;
  readonly channels: number;
  readonly decoder: boolean;
}

/**
 * Gives every self-attention of the chosen sites a bank: K and V are computed from concat(bank, own[:, :selfLength]).
 *
 * Requires: unpack-attention; self-attention as softmax(Q·Kᵀ)·V or one operator, its projections plain; M + min(selfLength, N) ≥ 1.
 * Ensures: inputs `ref_bank_i` for every site and one `ref_self_length`, outputs `ref_feature_i`; with M = 0 and
 * selfLength ≥ N the other outputs are the original's to the bit (to rounding where a fused operator was taken apart). Norms stay off the bank, since empty ones crash.
 *
 * Refuses with AppError bundle-invalid naming the node it cannot rewrite, or when there is none.
 */
export const referenceAttention: Pass<{ readonly sites: 'decoder' | 'all' }, readonly Site[]> = {
  id: 'reference-attention',
  requires({ graph }) {
    if (graph.inputs.some(({ name }) => name === SELF_LENGTH)) return 'its attention has banks already';
    const [packed] = packedAttentions(graph);
    return packed ? `${packed.label} is packed (unpack-attention comes first)` : null;
  },
  run(model, { sites }, doing) {
    const { graph } = model;
    const found = findSelfAttentions(graph, sites, doing);
    if (found.length === 0) {
      throw new AppError(
        'bundle-invalid',
        'the model has no self-attention that could take reference frames',
        {
          doing,
          hint: `${WITHOUT} Or choose another bundle.`,
        },
      );
    }
    graph.inputs.push({ name: SELF_LENGTH, type: ELEMENT.int64, dims: [1] });
    const made = found.map((attention, index) => {
      try {
        return addBank(model, attention, index);
      } catch (cause) {
        if (!(cause instanceof PathError)) throw cause;
        throw new AppError(
          'bundle-invalid',
          `the attention ${attention.name} cannot take reference frames: ${cause.message}`,
          {
            doing,
            hint: `${WITHOUT} Or export the model again with dynamic sizes and plain attention.`,
            cause,
          },
        );
      }
    });
    sortNodes(graph);
    return made;
  },
  ensures(model, { outcome, before }) {
    const { graph } = model;
    const isRead = (name: string) =>
      graph.inputs.some((input) => input.name === name) && graph.consumers(name).length > 0;
    const unread = [SELF_LENGTH, ...outcome.map(({ bank }) => bank)].find((name) => !isRead(name));
    if (unread !== undefined) return `nobody reads ${unread}`;
    const given = new Set(graph.outputs.map(({ name }) => name));
    const silent = outcome.find(({ feature }) => !given.has(feature));
    if (silent) return `${silent.feature} is no output`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

/** Where a layer's own tokens are cut to SELF_LENGTH. */
export function ownTokens(graph: Graph): Node[] {
  return graph.consumers(SELF_LENGTH).filter(({ op, inputs }) => op === 'Slice' && inputs[2] === SELF_LENGTH);
}

function addBank({ graph }: Model, { name, key, value, decoder }: SelfAttention, index: number): Site {
  const bank = `ref_bank_${index}`;
  const feature = `ref_feature_${index}`;
  const { root, projection, weight } = key.path;
  const convolution = projection.op === 'Conv';
  if (convolution !== (value.path.projection.op === 'Conv'))
    throw new PathError('keys and values are projected differently');
  const channels = channelsOf(key.path);
  const half = weight.type !== ELEMENT.float32;
  const axis = convolution ? 2 : 1;
  const constant = (values: number[]) =>
    graph.addInitializer(int64Tensor('ref_const', [values.length], values));
  const swap = (tokens: string) => graph.addNode('Transpose', [tokens], { perm: attr.ints([0, 2, 1]) });

  // The layer's own tokens, [B, N, C], or [B, C, N] where a convolution projects them.
  const own = convolution ? graph.addNode('Reshape', [root, constant([0, 0, -1])]) : root;
  const output = convolution ? swap(own) : own;
  graph.addNode(half ? 'Cast' : 'Identity', [output], half ? { to: attr.int(ELEMENT.float32) } : {}, {
    outputs: [feature],
  });
  graph.inputs.push({
    name: bank,
    type: ELEMENT.float32,
    dims: [`${bank}_batch`, `${bank}_tokens`, channels],
  });
  graph.outputs.push({
    name: feature,
    type: ELEMENT.float32,
    dims: [`${feature}_batch`, `${feature}_tokens`, channels],
  });

  const typed = half ? graph.addNode('Cast', [bank], { to: attr.int(weight.type) }) : bank;
  const kept = graph.addNode('Slice', [own, constant([0]), SELF_LENGTH, constant([axis])]);
  const all = graph.addNode('Concat', [convolution ? swap(typed) : typed, kept], { axis: attr.int(axis) });
  const flat = convolution && weight.tensor.dims.length === 4;
  const tokens = flat ? graph.addNode('Unsqueeze', [all, constant([3])]) : all;
  let count = '';
  const countOf = () => {
    count ||= graph.addNode('Slice', [graph.addNode('Shape', [all]), constant([axis]), constant([axis + 1])]);
    return count;
  };
  // Both copies are made before either is put in place: keys and values may share a fused projection.
  const newKey = copyPath(graph, key.path, tokens, countOf);
  const newValue = copyPath(graph, value.path, tokens, countOf);
  graph.setInput(key.node, key.input, newKey);
  graph.setInput(value.node, value.input, newValue);
  return { index, name, bank, feature, channels, decoder };
}

function channelsOf({ projection, weight }: SelfAttention['key']['path']): number {
  if (projection.op === 'MatMulNBits') return projection.int('K', 0);
  const { dims } = weight.tensor;
  const transposed =
    projection.op === 'Conv' ||
    (['Gemm', 'FusedMatMul'].includes(projection.op) && projection.int('transB', 0) === 1);
  const channels = dims[transposed ? 1 : dims.length - 2];
  if (channels === undefined) throw new PathError(`${projection.label}: its weight has shape [${dims}]`);
  return channels;
}
