/** From noise to clean: what every method has. */
import { z } from 'zod';
import { field } from './field.ts';

const steps = field(z.int().min(1).max(1000).default(50), {
  label: 'Steps',
  fold: 'top',
  term: 'diffusion steps',
  unit: 'steps',
  help: 'More is finer and slower',
  widget: { kind: 'slider', step: 1, end: 100 },
  scope: 'look',
  flags: [{ name: 'steps', metavar: 'n' }],
  affects: ['inversion', 'sampling'],
});

const guidance = field(z.number().min(0).max(50).default(7.5), {
  label: 'Prompt strength',
  fold: 'top',
  term: 'guidance scale, CFG',
  help: 'How strongly the prompt leads; 1 is off and twice as fast',
  widget: { kind: 'slider', step: 0.1, end: 20 },
  scope: 'look',
  flags: [{ name: 'guidance', metavar: 'g' }],
  affects: ['sampling'],
});

const share = z.number().min(0).max(1);

/** Limited-interval guidance (Kynkäänniemi et al. 2024), counted in steps. */
const guidanceRange = field(
  z
    .strictObject({ from: share.default(0), to: share.default(1) })
    .refine(({ from, to }) => from < to, 'ends before it starts')
    .default({ from: 0, to: 1 }),
  {
    label: 'Prompt-led steps',
    term: 'guidance interval',
    help: 'Share of the steps in which the prompt strength acts; the others take half the time',
    widget: { kind: 'share' },
    scope: 'look',
    finer: true,
    flags: [
      {
        name: 'guidance-range',
        metavar: 'from-to',
        help: 'Share of the steps in which the prompt strength acts, as 0-0.6 or 0-60%; the others take half the time',
        aliases: ['guidance-interval'],
      },
    ],
    affects: ['sampling'],
    neutral: { from: 0, to: 1 },
  },
);

/** Calls between reuse what the depth of the network made (DeepCache, Ma, Fang, Wang 2024). */
const reuse = field(z.int().min(1).max(10).default(1), {
  label: 'Full step every',
  term: 'feature reuse, DeepCache',
  help: 'So many steps; those between are quick and take most from the step before. 1 is off, 2 or 3 is faster and less exact',
  widget: { kind: 'slider', step: 1 },
  scope: 'look',
  finer: true,
  flags: [
    {
      name: 'reuse',
      metavar: 'n',
      help: 'Whole network in every n-th step only, its outermost layers between; 1 is off, 2 or 3 is quicker and less exact',
    },
  ],
  affects: ['sampling'],
  neutral: 1,
});

/** A solver's id, or a name known from k-diffusion or diffusers; null is the method's own choice. */
const solver = field(z.string().max(100).nullable().default(null), {
  label: 'Sampler',
  term: 'solver',
  help: 'How a step is taken; the method knows its own best',
  widget: { kind: 'solver' },
  scope: 'look',
  finer: true,
  flags: [
    {
      name: 'solver',
      metavar: 'name',
      help: 'See "retake methods", k-diffusion names too; the method knows its own best',
    },
  ],
  affects: ['inversion', 'sampling'],
});

/** k-diffusion's names are taken too. */
const schedule = field(z.string().max(100).default('bundle'), {
  label: 'Spacing of steps',
  term: 'noise schedule',
  help: 'Where the steps lie on the way to the picture',
  widget: {
    kind: 'choice',
    options: [
      { id: 'bundle', name: 'As the model was trained' },
      { id: 'trailing', name: 'From the last step, for few steps (Turbo, Lightning)' },
      { id: 'karras', name: 'Karras' },
      { id: 'exponential', name: 'Exponential' },
    ],
  },
  scope: 'look',
  finer: true,
  flags: [{ name: 'schedule', metavar: 'name' }],
  affects: ['inversion', 'sampling'],
});

const seed = field(z.int().min(0).max(0xffffffff).default(0), {
  label: 'Seed',
  fold: 'top',
  help: 'Everything random follows from it: another seed is another take of the same',
  widget: { kind: 'seed' },
  scope: 'shot',
  flags: [{ name: 'seed', metavar: 'n' }],
  affects: ['sampling'],
});

/** Null is the size the network was trained on. */
const size = field(z.int().min(8).max(4096).nullable().default(null), {
  label: 'Size',
  fold: 'size',
  unit: 'px',
  help: "Side in pixels of the square with the picture's area; as the model was trained by default",
  widget: { kind: 'size', step: 64 },
  scope: 'look',
  flags: [{ name: 'size', metavar: 'pixels' }],
  affects: ['frames'],
});

export const sampling = { steps, guidance, guidanceRange, solver, schedule, reuse, seed, size };
