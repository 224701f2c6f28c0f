/** From noise to clean: what every method has. */
import { z } from 'zod';
import { field } from './field.ts';

const steps = field(z.int().min(1).max(1000).default(50), {
  label: 'Steps',
  unit: 'steps',
  help: 'Diffusion steps; more is finer and slower',
  widget: { kind: 'slider', step: 1, end: 100 },
  scope: 'look',
  flags: [{ name: 'steps', metavar: 'n' }],
  affects: ['inversion', 'sampling'],
});

const guidance = field(z.number().min(0).max(50).default(7.5), {
  label: 'Guidance',
  help: 'How strictly the prompt is followed; 1 is off and twice as fast',
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
    label: 'Guided steps',
    help: 'Share of the steps in which guidance acts; the others take half the time',
    widget: { kind: 'share' },
    scope: 'look',
    finer: true,
    flags: [
      {
        name: 'guidance-range',
        metavar: 'from-to',
        help: 'Share of the steps in which guidance acts, as 0-0.6 or 0-60%; the others take half the time',
        aliases: ['guidance-interval'],
      },
    ],
    affects: ['sampling'],
    neutral: { from: 0, to: 1 },
  },
);

/** Calls between reuse what the depth of the network made (DeepCache, Ma, Fang, Wang 2024). */
const reuse = field(z.int().min(1).max(10).default(1), {
  label: 'Whole network every',
  help: 'So many steps; between them only its outermost layers run, and the rest is taken from the step before. 1 is off, 2 or 3 is quicker and less exact',
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
  label: 'Solver',
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
  label: 'Noise schedule',
  help: 'Spacing of the noise levels',
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
  help: 'Everything random follows from it',
  widget: { kind: 'seed' },
  scope: 'shot',
  flags: [{ name: 'seed', metavar: 'n' }],
  affects: ['sampling'],
});

/** Null is the size the network was trained on. */
const size = field(z.int().min(8).max(4096).nullable().default(null), {
  label: 'Size',
  unit: 'px',
  help: "Side in pixels of the square with the picture's area; the network's own by default",
  widget: { kind: 'size', step: 64 },
  scope: 'look',
  flags: [{ name: 'size', metavar: 'pixels' }],
  affects: ['frames'],
});

export const sampling = { steps, guidance, guidanceRange, solver, schedule, reuse, seed, size };
