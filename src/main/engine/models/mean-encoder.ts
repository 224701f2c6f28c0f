/**
 * The oldest exports draw the latent inside the encoder: mean + σ·noise. Inversion and its cache want the mean, so the
 * noise becomes zero.
 * requires: noise made by RandomNormal or RandomNormalLike. ensures: the graph gives the same output at every run.
 */

import { type Graph, type Model, Node } from '../onnx/ir/graph.ts';
import { sortNodes } from '../onnx/ir/sort.ts';
import { int64Tensor } from '../onnx/ir/types.ts';
import { defect } from './files.ts';

const RANDOM = /^(Random|Multinomial$|Bernoulli$)/;

/** Whether a graph draws random numbers. */
export function isDrawn(model: Model): boolean {
  return [...model.graph.nodes].some((node) => RANDOM.test(node.op));
}

/** @returns how many noises became zero. Throws a defect for randomness of another form. */
export function takeMean(model: Model, file: string): number {
  const { graph } = model;
  const drawn = [...graph.nodes].filter((node) => RANDOM.test(node.op));
  for (const node of drawn) {
    const zeros = zerosFor(graph, node);
    if (zeros === null) {
      throw defect(
        file,
        `the encoder draws random numbers by ${node.op}, so no two runs would agree`,
        'Export the model again with optimum-cli export onnx.',
      );
    }
    const type = node.attributes.get('dtype');
    const [target] = node.outputs;
    graph.remove(node);
    const name = graph.unique('no_noise');
    const attributes = type ? new Map([['to', type]]) : undefined;
    graph.insert(
      new Node({ op: type ? 'Cast' : 'Identity', inputs: [zeros], outputs: [target!], name, attributes }),
    );
  }
  if (drawn.length > 0) sortNodes(graph);
  return drawn.length;
}

/** Name of zeros in the shape of the noise, or null for noise that is not normal. */
function zerosFor(graph: Graph, node: Node): string | null {
  // x - x has the type of x whatever it is, and its shape.
  if (node.op === 'RandomNormalLike') return graph.addNode('Sub', [node.inputs[0]!, node.inputs[0]!]);
  const shape = node.op === 'RandomNormal' ? node.ints('shape') : null;
  if (shape === null) return null;
  return graph.addNode('ConstantOfShape', [
    graph.addInitializer(int64Tensor('noise_shape', [shape.length], shape)),
  ]);
}
