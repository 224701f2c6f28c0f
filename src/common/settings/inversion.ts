/** From clean to noise. */
import { z } from 'zod';
import { field } from './field.ts';

const mode = field(z.enum(['upper', 'lower']).default('upper'), {
  label: 'Analysis step',
  term: 'timestep of DDIM inversion',
  help: 'Which end of a step the model is asked at while it analyses the clip',
  widget: {
    kind: 'choice',
    options: [
      { id: 'upper', name: 'Upper', note: 'Where a step goes to' },
      { id: 'lower', name: 'Lower', note: 'Where it comes from' },
    ],
  },
  scope: 'look',
  finer: true,
  flags: [{ name: 'inversion', metavar: 'name' }],
  affects: ['inversion'],
});

/** One lifts the shipped models from 14–33 dB to 40–50 dB at any count of steps; docs/manual.md has the table. */
const refinement = field(z.int().min(0).max(20).default(1), {
  label: 'Analysis accuracy',
  term: 'refinement, fixed-point iterations of the inversion',
  help: 'How often each step of the analysis is refined: closer to the clip, that many times slower',
  widget: { kind: 'slider', step: 1 },
  scope: 'look',
  finer: true,
  flags: [{ name: 'refinement', metavar: 'k' }],
  affects: ['inversion'],
});

export const inversion = { mode, refinement };
