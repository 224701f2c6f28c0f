/** Pix2Video: `traj_MODE`, `x0_MODE`, `feature_MODE`; MODE is off, x0 or exact, with weightN and an attention variant. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { visitsFrom } from '../../../src/main/engine/diffusion/order.ts';
import { ddim } from '../../../src/main/engine/diffusion/solvers/ddim.ts';
import type { Predict } from '../../../src/main/engine/diffusion/types.ts';
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { GoldenCase } from '../case.ts';
import { joined, type Kind, once } from './kind.ts';
import { type Trajectory, trajectoryOf } from './sampling.ts';

/** Which frame, step and site a case keeps the features of. */
interface FeatureSpot {
  readonly frame: number;
  readonly step: number;
  readonly site: number;
}

export const pix2video: Kind = {
  sites: 'decoder',
  async output(golden, bundle, output) {
    const [, what, mode] = /^(traj|x0|feature)_(.+)$/.exec(output) ?? [];
    if (output.includes('exact')) return 'gradients through the network (exact guided update)';
    const params = mode === undefined ? null : paramsOf(golden, mode);
    if (mode === undefined || !params) return 'an output of this name';
    const { trajectory, feature } = await once(golden, mode, () => run(golden, bundle, params));
    if (what === 'feature') return feature ?? 'the place of the feature';
    return joined(golden, output, what === 'traj' ? trajectory.latents : trajectory.denoised);
  },
};

const VARIANTS: Readonly<Record<string, string>> = {
  both: 'both',
  anchor: 'anchor',
  previous: 'previous',
  prev: 'previous',
  self: 'both+self',
  'both+self': 'both+self',
};

function paramsOf(golden: GoldenCase, mode: string): object | null {
  const params: Record<string, unknown> = { update: 'off', weight: golden.settings.weight ?? 100 };
  for (const token of mode.split('_')) {
    const weight = /^w(?:eight)?([\d.]+)$/.exec(token)?.[1];
    if (token === 'off' || token === 'x0') params.update = token;
    else if (weight !== undefined) params.weight = Number(weight);
    else if (Object.hasOwn(VARIANTS, token)) params.attention = VARIANTS[token];
    else return null;
  }
  return params;
}

async function run(
  golden: GoldenCase,
  bundle: Bundle,
  params: object,
): Promise<{ trajectory: Trajectory; feature: Float32Array | null }> {
  const { frames, shape } = golden.latents('z_T', 'x_T');
  const anchor = golden.number('anchor');
  const spot = featureSpot(golden, bundle);
  const order = visitsFrom(anchor, frames.length).map(({ frame }) => frame);
  const network = bundle.predict(shape);
  let call = 0;
  let feature: Float32Array | null = null;
  const predict: Predict = async (inputs) => {
    const here = call++;
    if (here !== spot.step * order.length + order.indexOf(spot.frame)) return network(inputs);
    const answers = await network(inputs.map((input) => ({ ...input, capture: true })));
    feature = answers[0]!.features?.sites[spot.site]?.data ?? null;
    return answers;
  };
  const trajectory = await trajectoryOf(golden, bundle, {
    method: 'pix2video',
    params,
    solver: ddim,
    start: frames,
    shape,
    branches: golden.branches('ctx_edit', 'ctx'),
    guidance: golden.number('guidance'),
    anchor,
    predict,
  });
  return { trajectory, feature };
}

function featureSpot(golden: GoldenCase, bundle: Bundle): FeatureSpot {
  const told = /feature_?\S*: frame (\d+) at step(?: index)? (\d+)/.exec(golden.notes.join('\n'));
  const site = z.string().default('up_blocks.2.attentions.1').parse(golden.settings.site);
  return { frame: Number(told?.[1] ?? 3), step: Number(told?.[2] ?? 2), site: siteIndex(site, bundle.dir) };
}

const unetConfig = z.object({
  up_block_types: z.array(z.string()),
  layers_per_block: z.union([z.int(), z.array(z.int())]),
  transformer_layers_per_block: z.union([z.int(), z.array(z.int())]).default(1),
});

/** Place of "up_blocks.B.attentions.A.transformer_blocks.T.…" among the decoder's self-attentions, in running order. */
function siteIndex(site: string, bundleDir: string): number {
  const config = unetConfig.parse(JSON.parse(readFileSync(join(bundleDir, 'unet', 'config.json'), 'utf8')));
  const reversed = (value: number | number[], block: number) =>
    typeof value === 'number' ? value : value.toReversed()[block]!;
  const [block, attention, transformer] = [
    /up_blocks\.(\d+)/,
    /attentions\.(\d+)/,
    /transformer_blocks\.(\d+)/,
  ].map((part) => Number(part.exec(site)?.[1] ?? 0)) as [number, number, number];
  let before = 0;
  for (let b = 0; b < block; b++) {
    if (!config.up_block_types[b]!.startsWith('CrossAttn')) continue;
    before += (reversed(config.layers_per_block, b) + 1) * reversed(config.transformer_layers_per_block, b);
  }
  return before + attention * reversed(config.transformer_layers_per_block, block) + transformer;
}
