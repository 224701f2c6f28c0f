/** ControlVideo (Zhang et al. 2023): key frames together, the rest between its two; every other picture is smoothed half way. */
import { z } from 'zod';
import { sharedNoise } from '../../../src/main/engine/diffusion/noise.ts';
import { pureNoise } from '../../../src/main/engine/diffusion/parametrisation.ts';
import type { Pass } from '../../../src/main/engine/diffusion/run.ts';
import type { Latent } from '../../../src/main/engine/diffusion/types.ts';
import type { Method } from '../../../src/main/engine/methods/types.ts';

const schema = z.strictObject({ smooth: z.array(z.int()).default([1, 2]).describe('Steps that smooth') });

/** Every ⌊√N⌋th frame and the last, jointly; those between two of them with both. */
function hierarchy(frames: number): Pass[] {
  const every = Math.max(1, Math.floor(Math.sqrt(frames)));
  const keys = Array.from({ length: frames }, (_, f) => f).filter((f) => f % every === 0 || f === frames - 1);
  const between = keys.slice(1).map((right, i): Pass => {
    const left = keys[i]!;
    return { frames: Array.from({ length: right - left - 1 }, (_, f) => left + 1 + f), keys: [left, right] };
  });
  return [{ frames: keys, keys: 'joint' }, ...between.filter((pass) => pass.frames.length > 0)];
}

export const controlVideo: Method<z.infer<typeof schema>, 'pictures'> = {
  id: 'controlvideo',
  label: 'ControlVideo',
  summary: 'Frames made together, from structure.',
  schema,
  sites: 'all',
  joint: true,
  needs: () => ['pictures'],
  runs: ({ frames, shape, seed, schedule, form, have }, { smooth }) => [
    {
      frames: Array.from({ length: frames }, (_, frame) => frame),
      schedule,
      start: () =>
        pureNoise(form, sharedNoise(seed, shape.channels * shape.height * shape.width), schedule.levels[0]!),
      passes: () => hierarchy(frames),
      gathers: (step) => smooth.includes(step),
      async gather(step, clean) {
        const odd = (smooth.indexOf(step) + 1) % 2;
        const inner = [...clean.keys()].filter((f) => f % 2 === odd && clean.has(f - 1) && clean.has(f + 1));
        const smoothed = new Map<number, Latent>();
        for (const frame of inner) {
          const left = await have.pictures.decode(clean.get(frame - 1)!);
          const right = await have.pictures.decode(clean.get(frame + 1)!);
          const middle = Uint8Array.from(left, (value, i) => Math.round(127.5 * (value + right[i]!)));
          smoothed.set(frame, await have.pictures.encode(middle));
        }
        return smoothed;
      },
    },
  ],
};
