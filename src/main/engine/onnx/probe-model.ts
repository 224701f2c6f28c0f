/** The model a provider is tried with: one convolution of 75 MFLOP, enough to tell a GPU from its imitation. */
import { attr, Graph, type Model, Node } from './ir/graph.ts';
import { ELEMENT, float32Tensor } from './ir/types.ts';
import type { Feed } from './ort.ts';

const CHANNELS = 32;
const SIDE = 64;

/** A fixed pattern without a period in any axis, in [-1, 1]. */
function pattern(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898));
}

/** y = conv3×3(x, w): x and y are [1, 32, 64, 64]. */
export function probeModel(): Model {
  const graph = new Graph('probe');
  const dims = [1, CHANNELS, SIDE, SIDE];
  graph.inputs.push({ name: 'x', type: ELEMENT.float32, dims });
  graph.outputs.push({ name: 'y', type: ELEMENT.float32, dims });
  graph.addInitializer(float32Tensor('w', [CHANNELS, CHANNELS, 3, 3], pattern(CHANNELS * CHANNELS * 9)));
  graph.insert(
    new Node({
      op: 'Conv',
      inputs: ['x', 'w'],
      outputs: ['y'],
      attributes: new Map([['pads', attr.ints([1, 1, 1, 1])]]),
    }),
  );
  return { graph, opsets: new Map([['', 17]]), irVersion: 8 };
}

export function probeFeeds(): Record<string, Feed> {
  return { x: { type: 'float32', data: pattern(CHANNELS * SIDE * SIDE), dims: [1, CHANNELS, SIDE, SIDE] } };
}
