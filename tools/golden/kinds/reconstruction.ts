/** Reconstruction guidance: one step of one window, with what its fixed frames are missed by and the gradient that it is led by. */
import { sampleRuns } from '../../../src/main/engine/diffusion/driver.ts';
import type { Run, Slope } from '../../../src/main/engine/diffusion/run.ts';
import { ddim } from '../../../src/main/engine/diffusion/solvers/ddim.ts';
import type { Latent } from '../../../src/main/engine/diffusion/types.ts';
import { give } from '../../../src/main/engine/methods/have.ts';
import { reconstructionGuidance } from '../../../src/main/engine/methods/reconstruction-guidance.ts';
import { parseParams } from '../../../src/main/engine/methods/registry.ts';
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { GoldenCase } from '../case.ts';
import { type Kind, once } from './kind.ts';
import { scheduleOf } from './sampling.ts';

export const reconstruction: Kind = {
  sites: 'all',
  joint: true,
  gradients: ['latent'],
  async output(golden, bundle, output) {
    const made = await once(golden, 'step', () => step(golden, bundle));
    return made[output] ?? 'an output of this name';
  },
};

async function step(golden: GoldenCase, bundle: Bundle): Promise<Record<string, Latent | undefined>> {
  const { frames: start, shape } = golden.latents('z');
  const { frames: known } = golden.latents('known');
  const { levels } = scheduleOf(golden, bundle, ddim);
  const at = levels.findIndex(({ timestep }) => timestep === golden.number('timestep'));
  const schedule = { levels: [levels[at]!], final: levels[at + 1]! };
  const params = parseParams(reconstructionGuidance, { start: 'noise', weight: golden.number('weight') });
  const [run] = reconstructionGuidance.runs(
    {
      ...{
        frames: start.length,
        fixed: [...known.keys()],
        anchor: 0,
        anchors: [0],
        seed: 0,
        structured: false,
      },
      ...{ schedule, form: ddim.form, shape },
      have: give(reconstructionGuidance.needs(params), { clean: (frame) => known[frame]! }),
    },
    params,
  ) as [Run];
  const made: Record<string, Latent | undefined> = {};
  /** What the method asks of the network, written down. */
  const watched = (slope: Slope): Slope => ({
    denoised: slope.denoised,
    async pull(cotangents) {
      // They are twice what is missed.
      const missed = [...cotangents.values()].flatMap((one) => Array.from(one, (value) => (value / 2) ** 2));
      made.loss = Float32Array.of(missed.reduce((sum, value) => sum + value, 0));
      const gradients = await slope.pull(cotangents);
      made.grad = gradients.get(start.length - 1);
      return gradients;
    },
  });
  const slopes = new Map<Slope, Slope>();
  const watching: Run = {
    ...run,
    start: (frame) => start[frame]!,
    async blend(seen, earlier) {
      const { slope } = seen;
      if (slope && !slopes.has(slope)) slopes.set(slope, watched(slope));
      const used = await run.blend!({ ...seen, ...(slope && { slope: slopes.get(slope)! }) }, earlier);
      if (seen.frame === start.length - 1) made.z0 = used;
      return used;
    },
  };
  const structure = golden.structure(shape);
  const latents = await sampleRuns({
    runs: [watching],
    predict: bundle.predict(shape),
    record: bundle.record(shape),
    prediction: bundle.scheduler.prediction,
    solver: ddim,
    branches: golden.branches('ctx'),
    guidance: golden.number('guidance'),
    ...(bundle.structureChannels > 0 && structure && { structure }),
    seed: 0,
  });
  made.next = latents.at(-1);
  return made;
}
