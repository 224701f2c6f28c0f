/** Edits inside a mask alone: outside it every step is put back on the source's own way. */
import { z } from 'zod';
import { invertedRun } from '../../../src/main/engine/methods/starts.ts';
import type { Method } from '../../../src/main/engine/methods/types.ts';

export const editOnlyHere: Method<object, 'inversion' | 'trajectory' | 'mask'> = {
  id: 'edit-only-here',
  label: 'Edit only here',
  summary: 'Changes what is inside the mask.',
  schema: z.strictObject({}),
  sites: 'none',
  needs: () => ['inversion', 'trajectory', 'mask'],
  runs: (shot) => [
    {
      ...invertedRun(shot),
      settle({ frame, step }, next) {
        const mask = shot.have.mask(frame);
        const source = shot.have.trajectory(frame)[step + 1]!;
        return next.map((value, i) => source[i]! + mask[i % mask.length]! * (value - source[i]!));
      },
    },
  ],
};
