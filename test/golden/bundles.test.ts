/** The step-major driver on real networks: resume to the bit, depth and v-prediction alike in both solvers' forms. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/main/engine/diffusion/checkpoint.ts';
import { denoiseOf } from '../../src/main/engine/diffusion/denoiser.ts';
import { sampleRuns } from '../../src/main/engine/diffusion/driver.ts';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { sampleFrame } from '../../src/main/engine/diffusion/sample.ts';
import type { VisitEvent } from '../../src/main/engine/diffusion/sampling.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim, invertDdim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { euler } from '../../src/main/engine/diffusion/solvers/euler.ts';
import type { Solver } from '../../src/main/engine/diffusion/solvers/solver.ts';
import type { Conditioning, Latent } from '../../src/main/engine/diffusion/types.ts';
import { getMethod } from '../../src/main/engine/methods/registry.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Bundle } from '../../src/main/engine/models/types.ts';
import { methodRuns } from '../helpers/method-runs.ts';
import { sharedPath } from '../helpers/shared.ts';
import { maxDiff, rms } from '../helpers/smooth-network.ts';

/** Neither square nor the size the networks were made for. */
const SHAPE = { channels: 4, height: 8, width: 12 };
const COUNT = 4 * 8 * 12;
const FRAMES = 4;
const STEPS = 3;

describe.skipIf(!sharedPath('golden')).each(['tiny-sd', 'tiny-sd-depth'])('%s', (name) => {
  let bundle: Bundle;
  let branches: Conditioning[];
  beforeAll(async () => {
    bundle = await openBundle(sharedPath('golden', 'bundles', name)!, { sites: 'decoder', provider: 'cpu' });
    const size = { width: 96, height: 64 };
    branches = [await bundle.embed('', size), await bundle.embed('a swan made of crystal', size)];
  });
  afterAll(() => bundle.close());

  const start = () => Array.from({ length: FRAMES }, (_, frame) => noiseFor(1, frame, COUNT));
  const structureOf = (frame: number) => noiseFor(2, frame, COUNT / 4).map(Math.tanh);
  const structure = () => (bundle.structureChannels > 0 ? structureOf : undefined);

  function run(id: string, solver: Solver, more: object = {}, from = start()): Promise<Latent[]> {
    const schedule = makeLevels(bundle.scheduler, STEPS, { solver });
    return sampleRuns({
      runs: methodRuns(
        getMethod(id),
        {},
        { start: from, anchor: 1, seed: 3, schedule, solver, shape: SHAPE },
      ),
      predict: bundle.predict(SHAPE),
      prediction: bundle.scheduler.prediction,
      solver,
      branches,
      guidance: 7.5,
      structure: structure(),
      seed: 3,
      ...more,
    });
  }

  it.each([
    ['pix2video', ddim],
    ['mix', euler],
  ] as const)('%s resumes to the bit', async (id, solver) => {
    const whole = await run(id, solver);
    for (const stop of [2, 4, 7, 11]) {
      const signal = { aborted: false };
      const kept: Uint8Array[] = [];
      const onVisit = (event: VisitEvent) => {
        if (event.done === stop) kept.push(encodeCheckpoint(event.checkpoint!()));
        signal.aborted = event.done === stop;
      };
      await expect(run(id, solver, { signal, onVisit })).rejects.toBeInstanceOf(Cancelled);
      expect(await run(id, solver, { resume: decodeCheckpoint(Buffer.from(kept[0]!)) })).toEqual(whole);
    }
  });

  it('guided, with features injected, takes one road in VP and VE form', async () => {
    const road = async (solver: Solver, scale: (alphaBar: number) => number) => {
      const { levels } = makeLevels(bundle.scheduler, STEPS, { solver });
      const from = start().map((z) => z.map((value) => value * scale(levels[0]!.alphaBar)));
      const latents: Latent[] = [];
      // Their clean ends differ, so the last step is left out.
      const onVisit = ({ latent, step }: VisitEvent) => {
        const next = levels[step + 1];
        if (next) latents.push(latent!.map((value) => value / scale(next.alphaBar)));
      };
      await run('pix2video', solver, { onVisit }, from);
      return latents;
    };
    const inVp = await road(ddim, () => 1);
    const inVe = await road(euler, (alphaBar) => 1 / Math.sqrt(alphaBar));
    expect(inVp).toHaveLength(FRAMES * (STEPS - 1));
    for (const [i, latent] of inVp.entries())
      expect(maxDiff(latent, inVe[i]!) / rms(latent)).toBeLessThan(1e-4);
  });

  it('inverts and comes back, the closer for refinement', async () => {
    const schedule = makeLevels(bundle.scheduler, 10, { solver: ddim });
    const { prediction } = bundle.scheduler;
    const predict = bundle.predict(SHAPE);
    const denoise = denoiseOf(
      { predict, prediction, form: 'vp', branches: branches.slice(1), guidance: 1 },
      structure()?.(0),
    );
    const [clean] = start();
    const error = async (refinement: number) => {
      const noisy = await invertDdim(denoise, clean!, schedule, { refinement });
      const back = await sampleFrame(ddim, denoise, noisy, schedule);
      return rms(back.map((value, i) => value - clean![i]!));
    };
    const [plain, refined] = [await error(0), await error(4)];
    expect(refined).toBeLessThan(plain / 2);
  });
});
