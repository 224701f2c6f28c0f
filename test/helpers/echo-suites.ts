/** A suite in two majors, which are offered at once; the second takes options and answers in an object. */
import { z } from 'zod';
import { suite } from '../../src/common/plugins/suites.ts';

export const echo1 = suite('echo', 1, {
  say: { on: 'echoes', input: z.tuple([z.string()]), output: z.string() },
});

export const echo2 = suite('echo', 2, {
  say: {
    on: 'echoes',
    input: z.tuple([z.string(), z.strictObject({ loud: z.boolean() })]),
    output: z.strictObject({ said: z.string() }),
  },
});
