/** Methods that read what a render can make, one a kind, so that what is foretold, made and kept of it is tested by itself. */
import { z } from 'zod';
import { invertedRun } from '../../src/main/engine/methods/starts.ts';
import type { Method } from '../../src/main/engine/methods/types.ts';

const facts = { summary: 'Reads what was made.', schema: z.strictObject({}), sites: 'none' } as const;

/** Each frame leans a little on how it moves to the last frame of the shot, which for most is a chain. */
export const wantsFlow: Method<object, 'inversion' | 'flow'> = {
  ...facts,
  id: 'wants-flow',
  label: 'Wants flow',
  needs: () => ['inversion', 'flow'],
  runs: (shot) => [
    {
      ...invertedRun(shot),
      settle({ frame }, next) {
        const { x, y, hidden, confidence } = shot.have.flow(frame, shot.frames - 1);
        const area = x.length;
        return next.map((value, i) => {
          const at = i % area;
          return value + 0.01 * (x[at]! + 2 * y[at]! + hidden[at]! + confidence[at]!);
        });
      },
    },
  ],
};

/** Each frame leans on its own way: what it adds is nothing if every latent of it is where sampling meets it. */
export const wantsTrajectory: Method<object, 'inversion' | 'trajectory' | 'clean'> = {
  ...facts,
  id: 'wants-trajectory',
  label: 'Wants trajectory',
  needs: () => ['inversion', 'trajectory', 'clean'],
  runs: (shot) => [
    {
      ...invertedRun(shot),
      settle({ frame, step, steps }, next) {
        const way = shot.have.trajectory(frame);
        if (step + 1 === steps) return way[steps]!;
        return next.map((value, i) => value + 0.1 * (way[step + 1]![i]! - value));
      },
    },
  ],
};
