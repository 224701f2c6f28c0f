/**
 * An editing method that takes flicker out of a shot while it is repainted.
 *
 * Retake denoises all frames together, step by step. This method has it begin from the noised clip, and asks to be shown the
 * frames in every step (`gather`): each as the network would have it without noise, and the clip's own. It steadies
 * the former over time, guided by the latter, and hands them back.
 */
import { steadied } from './steady.js';

export default {
  methods: {
    deflicker: {
      // The clip's own latents: to begin from, and to see where it moves.
      needs: () => ['clean'],

      // One run over all frames. Steps and frames are counted by Retake, so a plan knows the time before anything runs.
      runs: ({ frames }, { strength }) => [
        {
          frames: Array.from({ length: frames }, (_, frame) => frame),
          start: { from: 'clip', strength, noise: 'shared' },
          gather: { steps: 'all', shows: ['clean'] },
          // What is steadied takes the latent along: else the solver would take the flicker for noise and put it back.
          keepsNoise: true,
        },
      ],

      // Called once a step. A function of what it is shown and nothing else: an edit may go on in another process.
      gather: ({ frames, shape }, { amount, reach, guard }) =>
        amount === 0 ? null : steadied(frames, shape, { amount, reach, guard }),
    },
  },
};
