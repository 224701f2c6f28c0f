/**
 * The oldest exports draw the latent inside the encoder: mean + σ·noise. Inversion and its cache want the mean, so the
 * noise becomes zero.
 */
import { AppError } from '../../../../common/errors.ts';
import { type Graph, type Model, Node } from '../ir/graph.ts';
import { sortNodes } from '../ir/sort.ts';
import { int64Tensor } from '../ir/types.ts';
import type { Pass } from './pass.ts';

const RANDOM = /^(Random|Multinomial$|Bernoulli$)/;

function drawn({ graph }: Model): Node[] {
  return [...graph.nodes].filter((node) => RANDOM.test(node.op));
}

/** Whether a graph draws random numbers. */
export function isDrawn(model: Model): boolean {
  return drawn(model).length > 0;
}

/**
 * Requires: all random numbers are made by RandomNormalLike, or by RandomNormal of a fixed shape. Ensures: nothing is drawn, so
 * the graph gives the same output at every run. Gives back how many noises became zero.
 */
export const takeMean: Pass<void, number> = {
  id: 'take-mean',
  requires(model, _options, doing) {
    const other = drawn(model).find((node) => !isNormal(node));
    if (!other) return null;
    throw new AppError(
      'bundle-invalid',
      `it draws random numbers by ${other.op}, so no two runs would agree`,
      {
        doing,
        hint: 'Export the model again with optimum-cli export onnx.',
      },
    );
  },
  run(model) {
    const { graph } = model;
    const noises = drawn(model);
    for (const node of noises) {
      const zeros = zerosFor(graph, node);
      const type = node.attributes.get('dtype');
      const [target] = node.outputs;
      graph.remove(node);
      const name = graph.unique('no_noise');
      const attributes = type ? new Map([['to', type]]) : undefined;
      graph.insert(
        new Node({ op: type ? 'Cast' : 'Identity', inputs: [zeros], outputs: [target!], name, attributes }),
      );
    }
    if (noises.length > 0) sortNodes(graph);
    return noises.length;
  },
  ensures(model) {
    const [left] = drawn(model);
    return left ? `${left.label} still draws` : null;
  },
};

function isNormal(node: Node): boolean {
  return node.op === 'RandomNormalLike' || (node.op === 'RandomNormal' && node.ints('shape') !== null);
}

/** Name of zeros in the shape of the noise. */
function zerosFor(graph: Graph, node: Node): string {
  // x - x has the type of x whatever it is, and its shape.
  if (node.op === 'RandomNormalLike') return graph.addNode('Sub', [node.inputs[0]!, node.inputs[0]!]);
  const shape = node.ints('shape')!;
  return graph.addNode('ConstantOfShape', [
    graph.addInitializer(int64Tensor('noise_shape', [shape.length], shape)),
  ]);
}
