/** Kandinsky Video's two stages: key frames jointly; what lies between them from both, along the motion, noised again. */
import { z } from 'zod';
import { noiseFor } from '../../../src/main/engine/diffusion/noise.ts';
import { addNoise } from '../../../src/main/engine/diffusion/parametrisation.ts';
import { invertedRun, stepsOfStrength } from '../../../src/main/engine/methods/starts.ts';
import type { Method } from '../../../src/main/engine/methods/types.ts';
import { warp } from './warp.ts';

const schema = z.strictObject({
  every: z.int().default(3).describe('Frames from one key frame to the next'),
  strength: z.number().gt(0).max(1).default(0.5).describe('How much of the frames between is made anew'),
});

export const twoStages: Method<z.infer<typeof schema>, 'inversion' | 'flow'> = {
  id: 'two-stages',
  label: 'Key frames first',
  summary: 'Key frames together, then what lies between.',
  schema,
  sites: 'all',
  joint: true,
  needs: () => ['inversion', 'flow'],
  runs(shot, { every, strength }) {
    const { frames, schedule, shape, seed, form, have } = shot;
    const all = Array.from({ length: frames }, (_, frame) => frame);
    const isKey = (frame: number) => frame % every === 0 || frame === frames - 1;
    const keys = all.filter(isKey);
    const levels = schedule.levels.slice(-stepsOfStrength(schedule.levels.length, strength));
    return [
      { ...invertedRun(shot), frames: keys, passes: () => [{ frames: keys, keys: 'joint' }] },
      {
        frames: all.filter((frame) => !isKey(frame)),
        schedule: { ...schedule, levels },
        start(frame, { result }) {
          const [left, right] = [keys.findLast((key) => key < frame)!, keys.find((key) => key > frame)!];
          const from = (key: number) => warp(result(key), shape, have.flow(frame, key));
          const [a, b, at] = [from(left), from(right), (frame - left) / (right - left)];
          const middle = a.map((value, i) => (1 - at) * value + at * b[i]!);
          return addNoise(form, middle, noiseFor(seed, frame, middle.length), levels[0]!);
        },
      },
    ];
  },
};
