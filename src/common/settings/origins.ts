/** Who chose a setting that a model may choose: the artist, the model's own file, or Retake. Absent is the artist. */
import { z } from 'zod';

/** By path: "sampling.steps". */
export const origins = z.record(z.string(), z.enum(['asked', 'model', 'retake'])).default({});
export type Origins = z.output<typeof origins>;
