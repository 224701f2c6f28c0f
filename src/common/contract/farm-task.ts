/** One task of a farm's job, done on this machine: what `retake farm run-task` asks of the engine. */
import { z } from 'zod';
import { call } from './call.ts';
import { absolutePath } from './values.ts';

const farmTask = z.strictObject({
  /** Of the job. */
  folder: absolutePath,
  step: z.enum(['invert', 'render', 'assemble']),
  /** Numbers of the step, both included. */
  first: z.int().min(1),
  last: z.int().min(1),
  /** What the scheduler calls this attempt; null makes a name up. */
  attempt: z.string().nullable(),
  /** "FROM=TO": where paths of the desk are here. */
  map: z.array(z.string()),
  /** A file of such rules (Open Job Description, pathmapping-1.0). */
  pathMapping: absolutePath.nullable(),
  /** Folders in which models are looked for. */
  models: z.array(absolutePath),
  /** Of this machine; null takes the system's own for temporary files. */
  scratch: absolutePath.nullable(),
});
export type FarmTask = z.output<typeof farmTask>;

/** What the task ends with. */
export interface FarmTaskEnd {
  /** 0, 75 where another attempt may do better, 65 where none does. */
  readonly exit: 0 | 65 | 75;
  /** Why, in one line; empty where it ended well. */
  readonly line: string;
}

export const farmTaskCalls = {
  'farm.runTask': call(farmTask, 'doing a task of a farm').answers<FarmTaskEnd>(),
};
