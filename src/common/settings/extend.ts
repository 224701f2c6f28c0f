/** Frames that a take has and its clip does not. */
import { z } from 'zod';
import { field } from './field.ts';

/** Made beyond an end of what is edited. */
const count = z.int().min(0).max(1000).default(0);

const before = field(count, {
  label: 'New frames before',
  help: 'How many frames the take begins earlier than what is edited; they are made',
  widget: { kind: 'slider', step: 1, end: 48 },
  scope: 'request',
  flags: [{ name: 'extend-before', metavar: 'frames' }],
  affects: ['sampling', 'take'],
  neutral: 0,
});

const after = field(count, {
  label: 'New frames after',
  help: 'How many frames the take goes on after what is edited; they are made',
  widget: { kind: 'slider', step: 1, end: 48 },
  scope: 'request',
  flags: [{ name: 'extend-after', metavar: 'frames' }],
  affects: ['sampling', 'take'],
  neutral: 0,
});

const between = field(z.int().min(0).max(15).default(0), {
  label: 'New frames between',
  term: 'frame interpolation',
  help: 'How many frames are made between every two: 1 is half the speed, 3 a quarter',
  widget: { kind: 'slider', step: 1, end: 7 },
  scope: 'request',
  flags: [{ name: 'extend-between', metavar: 'frames' }],
  affects: ['sampling', 'take'],
  neutral: 0,
});

const pace = field(z.enum(['slow', 'rate']).default('slow'), {
  label: 'With frames between',
  help: 'Whether frames between make the take slower, or its rate higher and its time as it was',
  widget: {
    kind: 'choice',
    options: [
      { id: 'slow', name: 'Slower', note: 'At the rate of the clip, without its sound' },
      { id: 'rate', name: 'More a second', note: 'As long as it was, with its sound' },
    ],
  },
  scope: 'request',
  flags: [
    {
      name: 'extend-pace',
      metavar: 'name',
      help: 'What new frames between do: slow is slow motion at the rate of the clip, rate a higher rate at the same speed',
    },
  ],
  affects: ['take'],
  neutral: 'slow',
});

export const extend = { before, after, between, pace };
