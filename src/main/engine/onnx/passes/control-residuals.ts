/**
 * Gives a UNet what a ControlNet adds to it (Zhang et al. 2023, eq. 4): one input for each skip connection and one for the
 * middle's output, wherever they are joined on the way up.
 */
import { AppError } from '../../../../common/errors.ts';
import { skipsOf } from '../attention/skips.ts';
import { convolutionMaking } from '../ir/channels.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { lostValue, type Pass } from './pass.ts';

/** An input [B, channels, h, w], or a zero [1, 1, 1, 1] for nothing. */
interface ResidualInput {
  readonly name: string;
  readonly channels: number;
}

export interface ControlResiduals {
  /** In the order of the way down, as ControlNets give theirs. */
  readonly down: readonly ResidualInput[];
  readonly middle: ResidualInput;
}

/**
 * Requires: skip connections; comes after lend-attention, which looks for them too. Ensures: every input is read; with zeros the
 * sums are the same numbers, so the output is the same to the bit.
 * @throws AppError bundle-invalid where a skip does not come from a convolution
 */
export const controlResiduals: Pass<void, ControlResiduals> = {
  id: 'control-residuals',
  requires: ({ graph }) => (skipsOf(graph).length === 0 ? 'it has no skip connections' : null),
  run({ graph }, _, doing) {
    const skips = skipsOf(graph);
    const add = (join: Node, input: 0 | 1, name: string) => addResidual(graph, join, input, name, doing);
    const [first] = skips as [(typeof skips)[0]];
    const middle = add(first.join, first.deep, 'control_middle');
    // The way up joins what was left last on the way down first.
    const down = skips
      .map(({ join, skip }, i) => add(join, skip, `control_down_${skips.length - 1 - i}`))
      .reverse();
    sortNodes(graph);
    return { down, middle };
  },
  ensures(model, { outcome: { down, middle }, before }) {
    const { graph } = model;
    const unread = [...down, middle].find(({ name }) => graph.consumers(name).length === 0);
    if (unread) return `nobody reads ${unread.name}`;
    const lost = lostValue(model, before);
    return lost === null ? null : `${lost} is gone`;
  },
};

function addResidual(graph: Graph, join: Node, input: 0 | 1, wanted: string, doing: string): ResidualInput {
  const value = join.inputs[input]!;
  const weight = convolutionMaking(graph, value);
  const channels = weight?.tensor.dims[0];
  if (!weight || channels === undefined) {
    const message = `the network cannot take a ControlNet: what ${join.label} joins comes from no plain convolution`;
    throw new AppError('bundle-invalid', message, {
      doing,
      hint: 'Leave the ControlNet out, or export the model again without fused or optimised operators.',
    });
  }
  const name = graph.unique(wanted);
  // All sides are open: a zero has one element.
  const dims = ['batch', 'channels', 'height', 'width'].map((side) => `${name}_${side}`);
  graph.inputs.push({ name, type: weight.type, dims });
  graph.setInput(join, input, graph.addNode('Add', [value, name]));
  return { name, channels };
}
