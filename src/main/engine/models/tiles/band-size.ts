/** How high a tile is: as much as a tile may take, divided by what a row takes at most in one layer. */
import type { Stage } from '../../onnx/bands/stages.ts';
import { weightOf } from '../../onnx/ir/constants.ts';

/** Bytes that the layer with the most to read and to make may take: what is held beside it is a few times as much. */
const MOST = 256 * 2 ** 20;
const FLOAT = 4;
/** Scores and their softmax. */
const SCORES = 2;

/** Rows of what the stage reads, at least one. */
export function rowsOfBand(
  { model, rows, wholes }: Stage,
  { height, width }: { height: number; width: number },
): number {
  let most = FLOAT * width;
  for (const node of model.graph.nodes) {
    if (node.op !== 'Conv' && node.op !== 'ConvTranspose') continue;
    const dims = weightOf(model.graph, node.inputs[1]!)?.tensor.dims;
    if (!dims) continue;
    const [read, made] = node.op === 'Conv' ? [dims[1]!, dims[0]!] : [dims[0]!, dims[1]!];
    const area = rows.scaleOf(node.outputs[0]!) ** 2;
    most = Math.max(most, FLOAT * width * (read + made) * Math.max(1, area));
  }
  // Every place of a row looks at every place of the picture.
  if (wholes.length > 0) most = Math.max(most, FLOAT * SCORES * width * width * height);
  return Math.max(1, Math.floor(MOST / most));
}
