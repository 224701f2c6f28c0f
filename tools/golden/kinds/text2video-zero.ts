/** Text2Video-Zero: `t2v_pre`, then `t2v_warped_…` and `t2v_noised_…` between the two runs, and `t2v_…` with `_keep_first`. */
import { z } from 'zod';
import { ddim } from '../../../src/main/engine/diffusion/solvers/ddim.ts';
import type { Latent } from '../../../src/main/engine/diffusion/types.ts';
import { everywhere, moved, type Taking } from '../../../src/main/engine/methods/moved.ts';
import { parseParams } from '../../../src/main/engine/methods/registry.ts';
import {
  text2VideoZero as method,
  text2VideoZeroRuns,
} from '../../../src/main/engine/methods/text2video-zero.ts';
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { GoldenCase } from '../case.ts';
import type { Values } from '../compare.ts';
import { concat, joined, once } from './kind.ts';
import { scheduleOf, trajectoriesOfRuns } from './sampling.ts';

const settings = z.looseObject({
  i0: z.int(),
  i1: z.int(),
  displacement_latent_px_per_frame: z.tuple([z.number(), z.number()]),
});

/** Of the picture that the method's amounts are told for. */
const SIDE = 512;

export async function text2VideoZero(
  golden: GoldenCase,
  bundle: Bundle,
  output: string,
): Promise<Values | string> {
  const [, part, way, kept] =
    /^t2v_(?:(pre)|(?:(?:warped|noised)_)?(nearest|bilinear)(_keep_first)?)$/.exec(output) ?? [];
  const pixels = part ? 'nearest' : (way as Taking | undefined);
  if (!pixels) return 'an output of this name';
  const { i0, i1, displacement_latent_px_per_frame: by } = settings.parse(golden.settings.t2v);
  const { frames: noises, shape } = golden.latents('noise');
  const steps = golden.number('steps');
  const [right, down] = by.map((one) => (one * SIDE) / Math.sqrt(shape.height * shape.width));
  const params = parseParams(method, {
    ...{ camera: 'moves', movesAt: i0 / steps, noisedTo: i1 / steps, pixels },
    lead: kept ? 'kept' : 'noised',
  });
  const shot = {
    ...{ frames: noises.length, anchor: 0, anchors: [0], seed: 0, structured: true, shape },
    ...{ schedule: scheduleOf(golden, bundle, ddim), form: ddim.form, have: never },
  };
  const [before, after] = await once(golden, `${pixels} ${kept}`, () =>
    trajectoriesOfRuns(
      golden,
      bundle,
      text2VideoZeroRuns(
        shot,
        { ...params, right: right!, down: down! },
        (frame) => noises[Math.max(0, frame)]!,
      ),
      {
        solver: ddim,
        shape,
        branches: golden.branches('ctx_edit', 'ctx'),
        guidance: golden.number('guidance'),
      },
    ),
  );
  if (part) return joined(golden, output, before!.latents);
  if (output.startsWith('t2v_noised')) return concat(after!.start);
  if (!output.startsWith('t2v_warped')) return joined(golden, output, after!.latents);
  const first = before!.latents.at(-1)![0]!;
  return concat(
    noises.map((_, k): Latent => moved(first, shape, everywhere(shape, k * by[0], k * by[1]), pixels)),
  );
}

const never = {
  get mask(): never {
    throw new Error('no golden has a mask');
  },
};
