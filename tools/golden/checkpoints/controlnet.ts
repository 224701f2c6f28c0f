/**
 * What a ControlNet gives, and the network that is given it. The case's own input is the picture; the others are those of the case of the
 * network alone, beside it.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { controlNet } from '../../../src/main/engine/onnx/networks/controlnet.ts';
import type { Feed, RunTensor } from '../../../src/main/engine/onnx/ort.ts';
import { controlResiduals } from '../../../src/main/engine/onnx/passes/control-residuals.ts';
import { step } from '../../../src/main/engine/onnx/passes/pass.ts';
import { readWeights } from '../../../src/main/engine/onnx/safetensors/component.ts';
import { GoldenCase } from '../case.ts';
import { type Checkpoint, type CheckpointKind, floats, runWritten } from './checkpoint.ts';
import { unetFeeds } from './unet.ts';

const MIDDLE = 'mid_block_res_sample';
const down = (i: number) => `down_block_res_samples_${i}`;

export const controlnet: CheckpointKind = {
  async output(golden, checkpoint, output) {
    const said: Readonly<Record<string, string>> = { first_down_residual: down(0), mid_residual: MIDDLE };
    const name = said[output];
    if (name === undefined && output !== 'out') return 'an output of this name';
    const feeds = unetFeeds(caseBeside(golden));
    const given = await residuals(golden, checkpoint, feeds);
    if (name !== undefined) return given[name]!.data;
    const feed = (of: string): Feed => ({ type: 'float32', ...given[of]! });
    const made = await runWritten(
      checkpoint.write('unet'),
      (outcomes) => {
        const inputs = outcomes.of(controlResiduals)!;
        const skips = inputs.down.map((input, i) => [input.name, feed(down(i))] as const);
        return { ...feeds, ...Object.fromEntries(skips), [inputs.middle.name]: feed(MIDDLE) };
      },
      ['out_sample'],
      [step(controlResiduals)],
    );
    return made.out_sample!.data;
  },
};

/** "sd1-unet" beside "sd1-controlnet". */
function caseBeside({ dir, name }: GoldenCase): GoldenCase {
  const other = join(dirname(dir), name.replace(/controlnet.*$/, 'unet'));
  return new GoldenCase(other, JSON.parse(readFileSync(join(other, 'manifest.json'), 'utf8')));
}

async function residuals(
  golden: GoldenCase,
  { root }: Checkpoint,
  feeds: Readonly<Record<string, Feed>>,
): Promise<Record<string, RunTensor>> {
  const dir = join(root, 'controlnet', golden.name.replace(/-controlnet.*$/, ''));
  const config: unknown = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'));
  const network = controlNet(readWeights(dir, { root, label: 'the ControlNet' }), config);
  const scale = golden.number('conditioning_scale');
  return runWritten(
    network,
    {
      ...feeds,
      controlnet_cond: floats(golden.input('cond')),
      conditioning_scale: { type: 'float32', data: Float32Array.of(scale), dims: [] },
    },
    network.model.graph.outputs.map((output) => output.name),
  );
}
