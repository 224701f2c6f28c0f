/** Attention across frames, everywhere in the network: `full`, `first`, `sparse_causal`, with `_same_noise` from one noise for all; `t2v_…` is Text2Video-Zero. */

import type { Pass } from '../../../src/main/engine/diffusion/run.ts';
import { ddim } from '../../../src/main/engine/diffusion/solvers/ddim.ts';
import { passes as pix2video } from '../../../src/main/engine/methods/pix2video.ts';
import { joined, type Kind } from './kind.ts';
import { scheduleOf, trajectoryOfRun } from './sampling.ts';
import { text2VideoZero } from './text2video-zero.ts';

/** Passes of a step over frames counted from 0. */
const PASSES: Readonly<Record<string, (frames: readonly number[]) => readonly Pass[]>> = {
  full: (frames) => [{ frames, keys: 'joint' }],
  first: (frames) => frames.map((frame) => ({ frames: [frame], keys: frame === 0 ? 'own' : [0] })),
  sparse_causal: ({ length }) =>
    pix2video({ anchors: [0], frames: length, seed: 0 }, { attention: 'sparse-causal', anchors: 'joint' }, 0),
};

export const joint: Kind = {
  sites: 'all',
  joint: true,
  async output(golden, bundle, output) {
    if (output.startsWith('t2v')) return text2VideoZero(golden, bundle, output);
    const same = output.endsWith('_same_noise');
    const passes = PASSES[output.replace(/_same_noise$/, '')];
    if (!passes) return 'an output of this name';
    const { frames: start, shape } = golden.latents(...(same ? ['same_noise', 'noise'] : ['zT', 'z_T']));
    const count = golden.latents('zT', 'z_T').frames.length;
    const frames = Array.from({ length: count }, (_, frame) => frame);
    const run = {
      frames,
      schedule: scheduleOf(golden, bundle, ddim),
      start: (frame: number) => start[same ? 0 : frame]!,
      passes: () => passes(frames),
    };
    const { latents } = await trajectoryOfRun(golden, bundle, run, {
      solver: ddim,
      shape,
      branches: golden.branches('ctx_edit', 'ctx'),
      guidance: golden.number('guidance'),
    });
    return joined(golden, output, latents);
  },
};
