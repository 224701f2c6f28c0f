/** Pix2Video: `traj_MODE`, `x0_MODE`, `feature_MODE`, `exact_grad_norms` in the order of the visits; MODE is off, x0 or exact, with weightN and an attention variant. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { visitsFrom } from '../../../src/main/engine/diffusion/order.ts';
import type { Seen, Slope } from '../../../src/main/engine/diffusion/run.ts';
import { ddim } from '../../../src/main/engine/diffusion/solvers/ddim.ts';
import type {
  Predict,
  PredictInput,
  PredictOutput,
  RecordCall,
} from '../../../src/main/engine/diffusion/types.ts';
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
  gradients: ['latent'],
  async output(golden, bundle, output) {
    const [, what, mode] =
      /^(traj|x0|feature)_(.+)$/.exec(output) ??
      (output === 'exact_grad_norms' ? [output, 'norms', 'exact'] : []);
    const params = mode === undefined ? null : paramsOf(golden, mode);
    if (mode === undefined || !params) return 'an output of this name';
    const { trajectory, feature, norms } = await once(golden, mode, () => run(golden, bundle, params));
    if (what === 'feature') return feature ?? 'the place of the feature';
    if (what === 'norms') return norms;
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
  const { weight = 100, rho } = golden.settings;
  const params: Record<string, unknown> = { update: 'off', weight, ...(rho !== undefined && { rho }) };
  for (const token of mode.split('_')) {
    const weight = /^w(?:eight)?([\d.]+)$/.exec(token)?.[1];
    if (token === 'off' || token === 'x0' || token === 'exact') params.update = token;
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
): Promise<{ trajectory: Trajectory; feature: Float32Array | null; norms: Float32Array }> {
  const { frames, shape } = golden.latents('z_T', 'x_T');
  const anchor = golden.number('anchor');
  const spot = featureSpot(golden, bundle);
  const order = visitsFrom(anchor, frames.length).map(({ frame }) => frame);
  const network = bundle.predict(shape);
  const recorder = bundle.record(shape);
  let call = 0;
  let feature: Float32Array | null = null;
  /** Frames go one by one, whether they are followed backwards or not. */
  const asked = (inputs: readonly PredictInput[]) => {
    const kept = call++ === spot.step * order.length + order.indexOf(spot.frame);
    const keep = (answers: readonly PredictOutput[]) => {
      if (kept) feature = answers[0]!.features?.sites[spot.site]?.data ?? null;
    };
    return { inputs: kept ? inputs.map((input) => ({ ...input, capture: true })) : inputs, keep };
  };
  const predict: Predict = async (frames) => {
    const { inputs, keep } = asked(frames);
    const answers = await network(inputs);
    keep(answers);
    return answers;
  };
  const record: RecordCall = async (frames, by) => {
    const { inputs, keep } = asked(frames);
    const recorded = await recorder(inputs, by);
    keep(recorded.outputs);
    return recorded;
  };
  const norms: number[] = [];
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
    record,
    watched: (run) => ({
      ...run,
      settle: (seen, ...more) => run.settle!(noting(seen, norms), ...more),
    }),
  });
  return { trajectory, feature, norms: Float32Array.from(norms) };
}

/** Adds the norm of every gradient that is asked for. */
function noting(seen: Seen, norms: number[]): Seen {
  const { slope } = seen;
  if (!slope) return seen;
  const pull: Slope['pull'] = async (cotangents) => {
    const gradients = await slope.pull(cotangents);
    for (const gradient of gradients.values()) norms.push(Math.hypot(...gradient));
    return gradients;
  };
  return { ...seen, slope: { ...slope, pull } };
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
