/** Text2Video-Zero (Khachatryan et al. 2023): one noise, moved from frame to frame; all attend to the first. */
import { z } from 'zod';
import { noiseFor } from '../../../src/main/engine/diffusion/noise.ts';
import type { Pass } from '../../../src/main/engine/diffusion/run.ts';
import type { Latent } from '../../../src/main/engine/diffusion/types.ts';
import type { Method } from '../../../src/main/engine/methods/types.ts';
import { everywhere, warp } from './warp.ts';

const schema = z.strictObject({
  still: z.int().default(3).describe('Steps of the first frame before it moves'),
  back: z.int().default(2).describe('Steps of noise that it gets again'),
  x: z.number().default(0.7).describe('Latent pixels a frame, to the right'),
  y: z.number().default(0.45).describe('Latent pixels a frame, down'),
  nearest: z.boolean().default(false).describe('Whole pixels'),
  keepFirst: z.boolean().default(false).describe('The first frame goes on where it was'),
  background: z.number().min(0).max(1).default(0).describe('How much of the background is the first frame'),
});
type Noise = (frame: number, count: number) => Latent;

const OWN: Pass = { frames: [0], keys: 'own' };

export const text2VideoZero = (noise?: Noise): Method<z.infer<typeof schema>, 'mask'> => ({
  id: 'text2video-zero',
  label: 'Text2Video-Zero',
  summary: 'A picture set in motion.',
  schema,
  sites: 'all',
  solvers: ['ddim'],
  needs: ({ background }) => (background > 0 ? ['mask'] : []),
  runs(
    { frames, shape, seed, schedule: { levels, final }, have },
    { still, back, x, y, nearest, keepFirst, background },
  ) {
    const fresh = noise ?? ((frame: number, count: number) => noiseFor(seed, frame, count));
    const all = Array.from({ length: frames }, (_, frame) => frame);
    const count = shape.channels * shape.height * shape.width;
    const moved = (latent: Latent, k: number) =>
      warp(latent, shape, everywhere(shape, k * x, k * y), nearest);
    const [clean, noisy] = [levels[still]!, levels[still - back]!];
    const before = { levels: levels.slice(0, still), final: clean };
    const r = noisy.alphaBar / clean.alphaBar;
    return [
      { frames: [0], schedule: before, start: () => fresh(-1, count) },
      {
        frames: all,
        schedule: { levels: levels.slice(still - back), final },
        recalls: keepFirst ? [{ frame: 0, level: still - back }] : [],
        start(frame, { result, history }) {
          if (keepFirst && frame === 0) return history(0, still - back);
          const own = fresh(frame, count);
          return moved(result(0), frame).map((value, i) => Math.sqrt(r) * value + Math.sqrt(1 - r) * own[i]!);
        },
        passes: () => all.map((f) => (f === 0 ? OWN : { frames: [f], keys: [0], reads: [0] })),
        settle({ frame, reads: [first] }, next) {
          if (!first || background === 0) return next;
          const [mask, carried] = [have.mask(frame), moved(first.next!, frame)];
          const share = mask.map((edit) => background * (1 - edit));
          return next.map((value, i) => value + share[i % share.length]! * (carried[i]! - value));
        },
      },
    ];
  },
});
