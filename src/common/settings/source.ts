/** What is edited. */
import { z } from 'zod';
import { parseRate } from '../time/rational.ts';
import { field, oneFile } from './field.ts';

const clip = field(z.string().min(1), {
  label: 'Clip',
  help: 'The clip to edit',
  widget: { kind: 'file' },
  files: oneFile('footage'),
  scope: 'request',
  flags: [],
  affects: ['frames', 'take'],
});

const rate = field(
  z
    .string()
    .max(40)
    .refine((text) => parseRate(text) !== null, 'is no rate; write 24, 23.976 or 30000/1001')
    .nullable()
    .default(null),
  {
    label: 'Rate',
    help: 'Frames per second of a picture sequence (shot.####.png); by default what its pictures say (OpenEXR, DPX), or 24. Movies know their own',
    widget: { kind: 'text' },
    scope: 'request',
    flags: [{ name: 'rate', metavar: 'fps' }],
    affects: ['take'],
  },
);

/** Conformed frames [start, end) of the clip; end null is the clip's end, range null the whole clip. */
const range = field(
  z
    .object({ start: z.int().min(0), end: z.int().min(1).nullable() })
    .nullable()
    .default(null),
  {
    label: 'Range',
    help: 'Frames of the clip to edit',
    widget: { kind: 'frames' },
    scope: 'request',
    flags: [
      { name: 'from', metavar: 'frame', help: 'First frame to edit; the clip starts with frame 0' },
      { name: 'to', metavar: 'frame', help: 'Last frame to edit' },
    ],
    affects: ['frames', 'take'],
  },
);

export const source = { clip, rate, range };
