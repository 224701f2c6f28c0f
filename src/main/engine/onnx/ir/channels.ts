/** How many channels a picture has where an export only names the axis: the convolution beside it has stored as many. */
import { type Weight, weightOf } from './constants.ts';
import type { Graph } from './graph.ts';

/** Operators that leave channels as they are. */
const PLAIN = new Set([
  'Cast',
  'Identity',
  'Mul',
  'Div',
  'Add',
  'Sub',
  'Clip',
  'QuantizeLinear',
  'DequantizeLinear',
]);
/** Far more than lie between an input and its first convolution. */
const MOST = 12;

/** Channels of the input that value is, or null. */
export function channelsInto(graph: Graph, value: string): number | null {
  let near = [value];
  for (let i = 0; i < MOST && near.length > 0; i++) {
    const next: string[] = [];
    for (const name of near) {
      for (const node of graph.consumers(name)) {
        if (node.op === 'Conv' && node.inputs[0] === name) {
          const width = weightOf(graph, node.inputs[1]!)?.tensor.dims[1];
          if (width !== undefined) return width * node.int('group', 1);
        } else if (PLAIN.has(node.op)) next.push(...node.outputs);
      }
    }
    near = next;
  }
  return null;
}

/** Channels of the value, or null. */
export function channelsOutOf(graph: Graph, value: string): number | null {
  return convolutionMaking(graph, value)?.tensor.dims[0] ?? null;
}

/** Weight of a convolution whose output the value is, or a sum of such; or null. */
export function convolutionMaking(graph: Graph, value: string): Weight | null {
  let near = [value];
  for (let i = 0; i < MOST && near.length > 0; i++) {
    const next: string[] = [];
    for (const name of near) {
      const node = graph.producer(name);
      if (node?.op === 'Conv') return weightOf(graph, node.inputs[1]!);
      if (node && PLAIN.has(node.op)) next.push(...node.inputs);
    }
    near = next;
  }
  return null;
}
