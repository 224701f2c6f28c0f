/**
 * The suite `farm@1`: how a plugin gives the tasks of a farm job to a scheduler. It reaches nothing itself: it says what the scheduler's
 * server is to be asked, and is then asked the same again with the answers so far, until it knows. The address of the server
 * is the artist's to give, and Retake asks there and nowhere else.
 */
import { z } from 'zod';
import { suite } from './suites.ts';

const MOST_TASKS = 100_000;
const MOST_WORDS = 1000;
const LONGEST_BODY = 8_000_000;
/** Questions of one call, and so the most answers that it sees. */
export const MOST_ASKED = 50;

const short = z.string().max(4096);
const number = z.int().min(1).max(1e9);

/** In the order in which they run. */
const step = z.enum(['invert', 'render', 'assemble']);

const task = z.object({
  /** Of this job only: "render-3", "invert-12-16". */
  name: short,
  step,
  /** First and last number of its step that it takes, both included. */
  first: number,
  last: number,
  /** A program and its arguments, as the machines run them. Ends with 75 where another attempt may do better, with 65 where none does. */
  words: z.array(short).min(1).max(MOST_WORDS),
});

const job = z.object({
  /** The same for whoever asks about it. */
  id: short,
  name: short,
  /** Where it lies on this machine. */
  folder: short,
  /** All that is not whole yet: each step begins when the one before has ended. */
  tasks: z.array(task).max(MOST_TASKS),
});
export type FarmTasks = z.output<typeof job>;

/** What the artist gave, complete with defaults: those that the manifest asks for. */
const settings = z.record(z.string(), z.string().max(10_000));

const answer = z.object({ status: z.int(), body: z.string() });
const answers = z.array(answer).max(MOST_ASKED);
export type ServerAnswer = z.output<typeof answer>;

const request = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** Below the server's address: "/api/jobs?limit=10". */
  path: z.string().max(4000).startsWith('/'),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,60}$/), z.string().max(4000)).default({}),
  body: z.string().max(LONGEST_BODY).optional(),
});
export type ServerRequest = z.output<typeof request>;

const ask = z.strictObject({ ask: request });
/** What the scheduler calls its jobs, by step. */
const ids = z.partialRecord(step, z.array(short).max(MOST_TASKS));

const taskState = z.strictObject({
  step,
  first: number,
  last: number,
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  /** The machine that it runs on. */
  host: short.nullable().default(null),
  /** Why it waits or has failed. */
  why: short.default(''),
});

export const farmV1 = suite('farm', 1, {
  /** farms[id].submit(job, settings, answers): gives it the tasks that it has not got yet. */
  submit: {
    on: 'farms',
    input: z.tuple([job, settings, answers]),
    output: z.union([ask, z.strictObject({ ids })], 'must be { ask } or { ids }'),
  },
  /** farms[id].status(job, ids, settings, answers): `tasks` of the job are all that it has. */
  status: {
    on: 'farms',
    input: z.tuple([job, ids, settings, answers]),
    output: z.union(
      [
        ask,
        z.strictObject({
          state: z.enum(['waiting', 'running', 'ended', 'unknown']),
          /** One line, for people. */
          words: short.default(''),
          tasks: z.array(taskState).max(MOST_TASKS),
        }),
      ],
      'must be { ask }, or { state, tasks }',
    ),
  },
  /** farms[id].cancel(job, ids, settings, answers): what has ended already is no fault. */
  cancel: {
    on: 'farms',
    input: z.tuple([job, ids, settings, answers]),
    output: z.union([ask, z.strictObject({ done: z.literal(true) })], 'must be { ask } or { done: true }'),
  },
});
