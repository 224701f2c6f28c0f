/** Norms of sums, and of pictures with their channels last. */
import { attr } from '../../ir/graph.ts';
import { arithmetic } from '../rules/arithmetic.ts';
import { type Expansion, type Expansions, given } from './expansion.ts';

const ORT = 'com.microsoft';

/** By layer, or by root mean square alone. The sum is the fourth output. */
const skipLayer =
  (operator: string, biasAt: number): Expansion =>
  ({ node, emit }) => {
    // Mean and deviation are of training.
    if (node.outputs.slice(1, 3).some((output) => output !== '')) return null;
    const { add } = arithmetic(emit);
    const [x, skip, gamma, beta] = node.inputs as [string, string, string, string?];
    const both = add(x, skip);
    const total = given(node, biasAt) ? add(both, node.inputs[biasAt]!) : both;
    const affine = biasAt === 4 && beta ? [gamma, beta] : [gamma];
    const attributes = { axis: attr.int(-1), epsilon: attr.float(node.float('epsilon') ?? 1e-12) };
    return [emit.op(operator, [total, ...affine], attributes), '', '', total];
  };

/** A norm of groups of channels, with SiLU behind it where asked. The sum before it is the second output. */
const group: Expansion = ({ node, emit }) => {
  const { add, mul, sigmoid } = arithmetic(emit);
  const [x, gamma, beta, skip, bias] = node.inputs as [string, string, string, string?, string?];
  const channels = emit.dims(gamma)[0]!;
  // A skip connection may be one vector for the whole picture.
  const wide = (value: string) =>
    emit.dims(value).length === 2 ? emit.reshape(value, [emit.dims(value)[0]!, 1, 1, channels]) : value;
  const total = [skip, bias].reduce<string>((sum, more) => (more ? add(sum, wide(more)) : sum), x);
  const isLast = node.int('channels_last', 1) === 1;
  if (!isLast && total !== x) return null;
  const pictures = isLast ? emit.transpose(total, [0, 3, 1, 2]) : total;
  const dims = emit.dims(pictures);
  const groups = node.int('groups', 1);
  const ones = emit.floats(new Float32Array(groups).fill(1), [groups]);
  const none = emit.floats(new Float32Array(groups), [groups]);
  const rows = emit.reshape(pictures, [
    dims[0]!,
    groups,
    dims.slice(1).reduce((all, side) => all * side, 1) / groups,
  ]);
  const epsilon = attr.float(node.float('epsilon') ?? 1e-5);
  const white = emit.reshape(emit.op('InstanceNormalization', [rows, ones, none], { epsilon }), dims);
  const [factor, summand] = [gamma, beta].map((one) => emit.reshape(one, [1, channels, 1, 1])) as [
    string,
    string,
  ];
  const normed = add(mul(white, factor), summand);
  const made = node.int('activation', 0) ? mul(normed, sigmoid(normed)) : normed;
  return [isLast ? emit.transpose(made, [0, 2, 3, 1]) : made, total];
};

export const NORMS: Expansions = {
  [`${ORT}.SkipLayerNormalization`]: skipLayer('LayerNormalization', 4),
  [`${ORT}.SkipSimplifiedLayerNormalization`]: skipLayer('SimplifiedLayerNormalization', 3),
  [`${ORT}.GroupNorm`]: group,
  [`${ORT}.SkipGroupNorm`]: group,
};
