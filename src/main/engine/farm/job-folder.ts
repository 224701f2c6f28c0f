/**
 * A farm job is a folder that any machine can work on: requests that were checked, what the desk had made already, and what tasks
 * brought. Nothing in it is ever changed in place: whatever a task makes has a name of its attempt until it is whole, then its own.
 *
 *     template.json            Open Job Description 2023-09; beside it two files for Deadline Cloud
 *     job.json                 what this file describes
 *     submitted.json           to which scheduler it was given, and how that calls it
 *     assembled.json           that all takes are whole
 *     shots/0003/request.json  settings of the render, with paths as the desk has them
 *     shots/0003/artefacts/    a folder for all that came at once: desk, 12-16 (units of the step invert), render
 *     shots/0003/take/         the take and its report
 *     logs/                    what tasks said, as the scheduler keeps it
 *     attempts/render-3/       a folder for each attempt: how far it is, its checkpoint, how it ended
 */
import { join } from 'node:path';
import { z } from 'zod';
import { fingerprint } from '../../../common/fingerprint.ts';

const FARM_FORMAT = 1;

const frame = z.int().min(0);

/** What may be made of a shot by itself before it is rendered: frames of the clip, half-open. */
const unit = z.strictObject({ shot: z.int().min(1), start: frame, end: frame });

/** A path in the requests, and how it is known that what lies there on another machine is the same. */
const source = z.strictObject({
  path: z.string().min(1),
  use: z.enum(['footage', 'model', 'other']),
  /** Of footage: size, digest of head and tail. */
  fingerprint: fingerprint.nullable(),
  /** Of networks: digest of each file, by its name within the folder ("" for a file by itself). */
  digests: z.record(z.string(), z.string()).nullable(),
  /** Where it lies in this folder, if it was copied: "models/…". */
  copied: z.string().nullable(),
});

const farmShot = z.strictObject({
  /** From 1, in playing order: the number of its task in the step render. */
  number: z.int().min(1),
  /** In the project. */
  shotId: z.string().min(1),
  name: z.string(),
  /** Frames of the clip, half-open. */
  start: frame,
  end: frame,
});

export const farmJob = z.strictObject({
  format: z.literal(FARM_FORMAT),
  /** Ten letters and digits; the same for every machine that works on it. */
  id: z.string().regex(/^[a-z0-9]{10}$/),
  name: z.string().min(1),
  /** Of the Retake that packed it; another version may make other bits. */
  version: z.string(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  project: z.strictObject({ id: z.string(), path: z.string() }),
  /** Where takes go when they come home. */
  takesFolder: z.string(),
  shots: z.array(farmShot).min(1),
  /** Unit n of the step invert is units[n - 1]; those that the desk has made already are not among them. */
  units: z.array(unit),
  /** Units that a task takes, unless the scheduler knows better. */
  unitsPerTask: z.int().min(1),
  sources: z.array(source),
});
export type FarmJob = z.output<typeof farmJob>;

/** In the order in which they run: each begins when the one before has ended. */
export const FARM_STEPS = ['invert', 'render', 'assemble'] as const;
export type FarmStep = (typeof FARM_STEPS)[number];

/** First and last number of its step that a task takes, both included. */
export interface TaskRange {
  readonly first: number;
  readonly last: number;
}

/** "render-3", "invert-12-16": the folder of a task's attempts. */
export function taskName(step: FarmStep, { first, last }: TaskRange): string {
  return first === last ? `${step}-${first}` : `${step}-${first}-${last}`;
}

/** How many numbers a step has. */
export function numbersOf(job: FarmJob, step: FarmStep): number {
  if (step === 'assemble') return 1;
  return step === 'invert' ? job.units.length : job.shots.length;
}

/**
 * Numbers 1 to `count` in runs of at most `most`, as equal as can be, the longer ones first
 * (Open Job Description, RFC 0001: 12 by 5 is 1-4, 5-8, 9-12).
 */
export function balanced(count: number, most: number): TaskRange[] {
  const parts = Math.ceil(count / most);
  const ranges: TaskRange[] = [];
  for (let part = 0, first = 1; part < parts; part++) {
    const length = Math.floor(count / parts) + (part < count % parts ? 1 : 0);
    ranges.push({ first, last: first + length - 1 });
    first += length;
  }
  return ranges;
}

export const farmPaths = {
  job: (folder: string) => join(folder, 'job.json'),
  template: (folder: string) => join(folder, 'template.json'),
  submitted: (folder: string) => join(folder, 'submitted.json'),
  assembled: (folder: string) => join(folder, 'assembled.json'),
  logs: (folder: string) => join(folder, 'logs'),
  shot: (folder: string, number: number) => join(folder, 'shots', String(number).padStart(4, '0')),
  request: (folder: string, number: number) => join(farmPaths.shot(folder, number), 'request.json'),
  artefacts: (folder: string, number: number) => join(farmPaths.shot(folder, number), 'artefacts'),
  take: (folder: string, number: number) => join(farmPaths.shot(folder, number), 'take'),
  attempts: (folder: string, step: FarmStep, range: TaskRange) =>
    join(folder, 'attempts', taskName(step, range)),
};

/** How an attempt stands, written by itself beside its checkpoint; the newest file is what is true. */
export const attemptState = z.strictObject({
  state: z.enum(['running', 'done', 'failed', 'stopped']),
  /** Of the machine. */
  host: z.string(),
  /** Of this step, 0 to 1. */
  fraction: z.number().min(0).max(1),
  /** What it does just now, in words. */
  doing: z.string(),
  /** Milliseconds since 1970, by the clock of that machine. */
  startedAt: z.number(),
  updatedAt: z.number(),
  /** Of a failure: its one line, what to try, and whether another attempt could do better. */
  error: z.strictObject({ line: z.string(), hint: z.string(), again: z.boolean() }).nullable(),
  /** The last that it said, oldest first. */
  lines: z.array(z.string()),
});

/** What run-task ends with: schedulers give a task back on the first, and not on the second (sysexits.h). */
export const EXIT_AGAIN = 75;
export const EXIT_NEVER = 65;
