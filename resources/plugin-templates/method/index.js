// @ts-check
/** The clip, noised part of the way and rendered anew, where each frame leans on the one before it. */

/** @type {import('./.retake/index').Method} */
const steady = {
  // What is made before the first step: the clip itself, as latents.
  needs: () => ['clean'],

  // How a shot runs: one frame after the other, and each is shown the one before.
  runs: ({ frames }, { strength }) => {
    const all = Array.from({ length: frames }, (_, frame) => frame);
    return [
      {
        frames: all,
        start: { from: 'clip', strength: Number(strength), noise: 'shared' },
        passes: all.map((frame) => ({ frames: [frame], reads: frame === 0 ? [] : [frame - 1] })),
        blend: {},
      },
    ];
  },

  // In every step: what is stepped with instead of what the network says.
  blend: ({ denoised, reads: [before] }, params) => {
    const share = Number(params.share);
    return before ? denoised.map((value, i) => (1 - share) * value + share * (before.used[i] ?? value)) : null;
  },
};

/** @type {import('./.retake/index').Plugin} */
export default { methods: { steady } };
