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
  flags: [
    {
      name: 'inversion',
      metavar: 'name',
      help: 'Which end of a step the model is asked at while it analyses the clip; null-text is --null-text frame',
      means: { 'null-text': { path: 'inversion.nullText', value: 'frame', against: 'off' } },
    },
  ],
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

/** Null-text inversion (Mokady et al. 2022). */
const nullText = field(z.enum(['off', 'frame', 'shared']).default('off'), {
  label: 'Empty prompt',
  only: 'leadsBack',
  term: 'null-text inversion',
  help: 'Tunes what the prompt is weighed against until the source prompt leads back to the clip at full strength; starts from the clip, and takes long once',
  widget: {
    kind: 'choice',
    options: [
      { id: 'off', name: 'As it is' },
      { id: 'frame', name: 'Tuned for each frame', note: 'Closest to the clip' },
      {
        id: 'shared',
        name: 'Tuned for the shot',
        note: 'One for all frames: a fraction of the room, less close',
      },
    ],
  },
  scope: 'preset',
  finer: true,
  flags: [{ name: 'null-text', metavar: 'name' }],
  affects: ['sampling'],
  neutral: 'off',
});

/** The paper's ten are the most that a step takes; it stops where it is near enough. */
const nullTextSteps = field(z.int().min(1).max(100).default(10), {
  label: 'Empty prompt accuracy',
  only: 'leadsBack',
  term: 'inner steps of null-text inversion',
  help: 'How often the empty prompt of a step is corrected at most: closer to the clip, that many times slower',
  widget: { kind: 'slider', step: 1, end: 20 },
  scope: 'preset',
  finer: true,
  flags: [{ name: 'null-text-steps', metavar: 'n' }],
  affects: ['sampling'],
  neutral: 10,
});

export const inversion = { mode, refinement, nullText, nullTextSteps };
