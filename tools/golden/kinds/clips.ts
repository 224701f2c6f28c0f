/** VidRD: `start` and `last` of every frame of clips that go on from each other. */
import { ddim } from '../../../src/main/engine/diffusion/solvers/ddim.ts';
import { parseParams } from '../../../src/main/engine/methods/registry.ts';
import { vidRd, vidRdRuns } from '../../../src/main/engine/methods/vidrd.ts';
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { GoldenCase } from '../case.ts';
import { concat, type Kind, once } from './kind.ts';
import { scheduleOf, trajectoriesOfRuns } from './sampling.ts';

export const clips: Kind = {
  sites: 'none',
  async output(golden, bundle, output) {
    if (output !== 'start' && output !== 'last') return 'an output of this name';
    const runs = await once(golden, 'runs', () => run(golden, bundle));
    return concat(
      runs.flatMap(({ start, latents }) => Object.values(output === 'start' ? start : latents.at(-1)!)),
    );
  },
};

async function run(golden: GoldenCase, bundle: Bundle) {
  const { frames: noise, shape } = golden.latents('noise');
  const { data } = golden.input('fresh');
  const size = noise[0]!.length;
  const clip = golden.number('frames');
  const renewed = (frame: number) =>
    Float32Array.from(data.subarray((frame - clip) * size, (frame - clip + 1) * size));
  const params = parseParams(vidRd, {
    ...{ noise: 'reversed', attention: 'own', clip, promptFrames: golden.number('prompt_frames') },
    ...{ alpha: golden.number('alpha'), beta: golden.number('beta') },
  });
  const frames = clip * golden.number('clips');
  const shot = {
    ...{ frames, anchor: 0, anchors: [0], seed: 0, structured: bundle.structureChannels > 0, shape },
    ...{ schedule: scheduleOf(golden, bundle, ddim), form: ddim.form, have: never },
  };
  const runs = vidRdRuns(shot, params, (frame) => (frame < clip ? noise[frame]! : renewed(frame)));
  return trajectoriesOfRuns(golden, bundle, runs, {
    solver: ddim,
    shape,
    branches: [...golden.branches('ctx_uncond'), ...golden.branches('ctx')],
    guidance: golden.number('guidance'),
  });
}

const never = {
  get inversion(): never {
    throw new Error('the golden clips start from noise');
  },
  get flow(): never {
    throw new Error('the golden clips know no flow');
  },
};
