/** Networks that see motion, in the place of those that the model has. */
import { z } from 'zod';
import { field, oneFile } from './field.ts';

/** A folder. */
const network = z.string().min(1).nullable().default(null);

export const flow = field(network, {
  label: 'Motion estimator',
  term: 'optical flow',
  help: "A network that sees how the picture moves; without one the model's own, else Retake",
  widget: { kind: 'estimator', role: 'flow' },
  files: oneFile('network'),
  scope: 'preset',
  finer: true,
  flags: [{ name: 'flow', metavar: 'dir' }],
  affects: ['network'],
  neutral: null,
});

export const interpolator = field(network, {
  label: 'Interpolator',
  term: 'frame interpolation',
  help: "A network that draws pictures between others, for methods that ask for them; without one the model's own, else along the motion",
  widget: { kind: 'estimator', role: 'interpolator' },
  files: oneFile('network'),
  scope: 'preset',
  finer: true,
  flags: [{ name: 'interpolator', metavar: 'dir' }],
  affects: ['network'],
  neutral: null,
});
