/** Which editing method, and what it is told. */
import { z } from 'zod';
import { jsonRecord } from '../json.ts';
import { field } from './field.ts';

/** A plugin's id of 100 letters, a slash and its own of 40. */
const LONGEST = 141;

const id = field(z.string().max(LONGEST).default('pix2video'), {
  label: 'Method',
  help: 'Editing method',
  widget: { kind: 'method' },
  scope: 'look',
  flags: [{ name: 'method', metavar: 'id', help: 'Editing method, see "retake methods"' }],
  affects: ['sampling'],
});

/** Checked and completed by the method's own schema. */
const params = field(jsonRecord.default({}), {
  label: 'Parameters',
  help: "The method's own parameters",
  widget: { kind: 'parameters' },
  scope: 'look',
  flags: [
    {
      name: 'param',
      short: 'p',
      metavar: 'name=value',
      repeats: true,
      help: "One of the method's own parameters; may be repeated",
    },
  ],
  affects: ['sampling'],
});

export const method = { id, params };
