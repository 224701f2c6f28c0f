import { expect, test } from 'vitest';
import {
  attemptState,
  balanced,
  EXIT_AGAIN,
  EXIT_NEVER,
  FARM_STEPS,
  farmJob,
  farmPaths,
  numbersOf,
  taskName,
} from '../../src/main/engine/farm/job-folder.ts';

const JOB = farmJob.parse({
  format: 1,
  id: 'abcdefgh01',
  name: 'A film',
  version: '1.0.0',
  createdAt: 1,
  project: { id: 'p', path: '/films/A film.retake' },
  takesFolder: '/films/takes',
  shots: [{ number: 1, shotId: 's1', name: 'Shot 1', start: 0, end: 12 }],
  units: Array.from({ length: 12 }, (_, i) => ({ shot: 1, start: i, end: i + 1 })),
  unitsPerTask: 5,
  sources: [],
});

test('chunks are balanced, as the RFC has it', () => {
  expect(balanced(12, 5)).toEqual([
    { first: 1, last: 4 },
    { first: 5, last: 8 },
    { first: 9, last: 12 },
  ]);
  expect(balanced(7, 3).map(({ first, last }) => last - first + 1)).toEqual([3, 2, 2]);
  expect(balanced(0, 5)).toEqual([]);
  expect(balanced(3, 10)).toEqual([{ first: 1, last: 3 }]);
});

test('each step has its numbers, and each task a name', () => {
  expect(FARM_STEPS.map((step) => numbersOf(JOB, step))).toEqual([12, 1, 1]);
  expect(taskName('invert', { first: 1, last: 4 })).toBe('invert-1-4');
  expect(taskName('render', { first: 3, last: 3 })).toBe('render-3');
});

test('a shot lies in the folder of its number', () => {
  expect(farmPaths.take('/job', 3)).toBe('/job/shots/0003/take');
  expect(farmPaths.request('/job', 2000)).toBe('/job/shots/2000/request.json');
  expect(farmPaths.artefacts('/job', 1)).toBe('/job/shots/0001/artefacts');
  expect(farmPaths.attempts('/job', 'render', { first: 3, last: 3 })).toBe('/job/attempts/render-3');
  expect([farmPaths.job('/job'), farmPaths.template('/job'), farmPaths.submitted('/job')]).toEqual([
    '/job/job.json',
    '/job/template.json',
    '/job/submitted.json',
  ]);
});

test('an attempt says how it stands; what it ends with tells a scheduler whether to try again', () => {
  const state = {
    state: 'running',
    host: 'n1',
    fraction: 0.5,
    doing: 'sampling',
    startedAt: 1,
    updatedAt: 2,
  };
  expect(attemptState.safeParse({ ...state, error: null, lines: [] }).success).toBe(true);
  expect(attemptState.safeParse({ ...state, error: null, lines: [], fraction: 2 }).success).toBe(false);
  expect(EXIT_AGAIN).not.toBe(EXIT_NEVER);
});
