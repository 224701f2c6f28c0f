/** Makes the graphs of examples/plugins/screen-key: a segmenter that was not trained but written down. `node tools/plugins/screen-key.ts` */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseText } from '../../src/main/engine/onnx/ir/text.ts';
import { serializeModel } from '../../src/main/engine/onnx/serde.ts';

const CHANNELS = { green: [1, 0, 2], blue: [2, 0, 1] } as const;

/**
 * How much the screen's colour is beyond the stronger of the others, as a share of itself: a shadow on the screen darkens both alike. Up to
 * a sixth of it is the subject, from a half on the screen; grain is taken out by the mean of the pixels around.
 */
function graphOf([screen, one, other]: readonly [number, number, number]): string {
  return `float32[batch, 3, height, width] pixel_values => float32[batch, 1, height, width] mask
    int64[1] screen_at = {${screen}}
    int64[1] one_at = {${one}}
    int64[1] other_at = {${other}}
    float32[] least = {0.02}
    float32[] begins = {0.1667}
    float32[] slope = {3}
    float32[] none = {0}
    float32[] all = {1}
    screen = Gather<axis = 1>(pixel_values, screen_at)
    one = Gather<axis = 1>(pixel_values, one_at)
    other = Gather<axis = 1>(pixel_values, other_at)
    stronger = Max(one, other)
    beyond = Sub(screen, stronger)
    strength = Max(screen, least)
    share = Div(beyond, strength)
    over = Sub(share, begins)
    steep = Mul(over, slope)
    hard = Clip(steep, none, all)
    soft = AveragePool<kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(hard)
    mask = Sub(all, soft)`;
}

export const screenKeyGraphs: readonly (readonly [folder: string, bytes: Uint8Array])[] = Object.entries(
  CHANNELS,
).map(([name, channels]) => [name, serializeModel(parseText(graphOf(channels), { opset: 17 }))]);

if (process.argv[1] === import.meta.filename) {
  for (const [name, bytes] of screenKeyGraphs) {
    const folder = resolve(import.meta.dirname, '../../examples/plugins/screen-key', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'model.onnx'), bytes);
  }
}
