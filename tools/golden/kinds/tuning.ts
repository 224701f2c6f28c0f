/** One-shot tuning: the losses, the gradients of the first step, what the weights became and what the network then says. */
import { z } from 'zod';
import { learn } from '../../../src/main/engine/diffusion/learn.ts';
import { alphaBars } from '../../../src/main/engine/diffusion/schedule.ts';
import type { RecordCall } from '../../../src/main/engine/diffusion/types.ts';
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { GoldenCase } from '../case.ts';
import { concat, type Kind, once } from './kind.ts';

/** At which the tuned network is asked about the clean latents. */
const AFTER = 401;

const timesteps = z.array(z.int());
const name = z.string();

export const tuning: Kind = {
  sites: 'all',
  learnt: { rank: 0 },
  gradients: ['weights'],
  async output(golden, bundle, output) {
    const { losses, gradients, weights, after } = await once(golden, 'learnt', () => learnt(golden, bundle));
    const of = (all: ReadonlyMap<string, Float32Array>, which: string) =>
      all.get(name.parse(golden.settings[which]))!;
    const made: Readonly<Record<string, () => ArrayLike<number>>> = {
      losses: () => losses,
      grad_first: () => of(gradients, 'first'),
      grad_last: () => of(gradients, 'last'),
      weight_first: () => of(weights, 'first'),
      weight_last: () => of(weights, 'last'),
      out_after: () => after,
    };
    return made[output]?.() ?? 'an output of this name';
  },
};

async function learnt(golden: GoldenCase, bundle: Bundle) {
  const { frames: clean, shape } = golden.latents('z0');
  const steps = timesteps.parse(golden.settings.timesteps);
  const { data: noises } = golden.input('noise');
  const size = clean[0]!.length;
  const [text] = golden.branches('ctx');
  const told = golden.structure(shape);
  const structure = told && clean.map((_, frame) => told(frame));
  const weights = bundle.learnt!.initial(() => () => 0);
  bundle.learnt!.use(weights);
  const record = bundle.record(shape);
  let gradients: ReadonlyMap<string, Float32Array> | null = null;
  const noting: RecordCall = async (...asked) => {
    const recorded = await record(...asked);
    return {
      ...recorded,
      async pull(...cotangents) {
        const pulled = await recorded.pull(...cotangents);
        gradients ??= pulled.weights!;
        return pulled;
      },
    };
  };
  const { losses } = await learn({
    ...{
      record: noting,
      clean,
      structure,
      text: text!,
      weights,
      steps: steps.length,
      together: clean.length,
    },
    prediction: bundle.scheduler.prediction,
    alphaBars: alphaBars(bundle.scheduler),
    rate: golden.number('lr'),
    draw: {
      timestep: (step) => steps[step]!,
      noise(step, frame) {
        const at = (step * clean.length + frame) * size;
        return Float32Array.from(noises.subarray(at, at + size));
      },
      place: () => 0,
    },
  });
  const asked = clean.map((latent, frame) => ({
    ...{ latent, timestep: AFTER, branches: [text!] },
    ...(structure && { structure: structure[frame]! }),
  }));
  const { outputs } = await record(asked, [], 'causal');
  bundle.learnt!.use(null);
  return { losses, gradients: gradients!, weights, after: concat(outputs.map((one) => one.outputs[0]!)) };
}
