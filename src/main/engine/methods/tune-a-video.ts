/**
 * Tune-A-Video (Wu et al. 2023): the network learns the clip first, then draws it from its inverted noise under the new prompt; each frame attends to
 * the first and to the one before.
 */
import { z } from 'zod';
import { invertedRun } from './starts.ts';
import type { Method } from './types.ts';

const schema = z.strictObject({
  learnSteps: z.int().min(1).max(5000).default(100).meta({
    end: 500,
    title: 'Steps of learning',
    term: 'tuning steps',
    description:
      'How long it learns the clip; the paper takes 500. Each costs about four steps of rendering for every frame that it sees',
  }),
  learnRate: z.number().gt(0).max(0.1).default(3e-4).meta({
    title: 'Rate of learning',
    term: 'learning rate of AdamW',
    description:
      'How fast it learns; 0.00003 in the paper, whose rank is 0. Too fast, the picture falls apart',
  }),
  rank: z.int().min(0).max(128).default(4).meta({
    title: 'Size of what is learnt',
    term: 'rank of the factors (LoRA)',
    description:
      'How much it can learn; 4 is small and can be saved as a LoRA. 0 learns the weights themselves, as the paper does',
  }),
  together: z.int().min(1).max(64).default(4).meta({
    title: 'Frames at a time',
    term: 'clip length in training',
    description:
      'How many frames a step of learning sees, all at once in memory; the first one is among them',
  }),
  learnSeed: z.int().min(0).max(0xffffffff).default(0).meta({
    title: 'Chance in learning',
    term: 'seed of noise and timesteps in training',
    description: 'What of learning is random follows it. Another seed of the take learns nothing anew',
  }),
});

type Params = z.infer<typeof schema>;

export const tuneAVideo: Method<Params, 'inversion' | 'tuned'> = {
  id: 'tune-a-video',
  label: 'Learn the clip',
  term: 'Tune-A-Video',
  summary:
    'The model learns this one clip before it redraws it, so it keeps its motion and its shapes. Learning takes long; it is kept, and other prompts start from it at once.',
  schema,
  sites: 'all',
  solvers: ['ddim'],
  lighter: ({ together }) =>
    together > 2 ? `let a step of learning see fewer frames (-p together=${Math.ceil(together / 2)})` : null,
  learns: ({ learnSteps: steps, learnRate: rate, learnSeed: seed, rank, together }) => ({
    ...{ steps, rate, rank, together, seed },
  }),
  needs: () => ['inversion', 'tuned'],
  runs: (shot) => [
    {
      ...invertedRun(shot),
      frames: Array.from({ length: shot.frames }, (_, frame) => frame),
      // The first attends to itself, twice in the paper, which is the same.
      passes: () =>
        Array.from({ length: shot.frames }, (_, frame) =>
          frame === 0 ? { frames: [0], keys: 'own' } : { frames: [frame], keys: [0, frame - 1] },
        ),
    },
  ],
};
