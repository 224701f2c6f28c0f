/** Null-text editing (Mokady et al. 2022): guidance starts from a text of the frame's and step's own. */
import { z } from 'zod';
import { invertedRun } from '../../../src/main/engine/methods/starts.ts';
import type { Method } from '../../../src/main/engine/methods/types.ts';

export const nullText: Method<object, 'inversion' | 'nullText'> = {
  id: 'null-text',
  label: 'Null text',
  summary: 'Keeps what the prompt does not speak of close to the source.',
  schema: z.strictObject({}),
  sites: 'none',
  solvers: ['ddim'],
  needs: () => ['inversion', 'nullText'],
  runs: (shot) => [
    {
      ...invertedRun(shot),
      text: (frame, step, asked) => [shot.have.nullText(frame, step), asked.at(-1)!],
    },
  ],
};
