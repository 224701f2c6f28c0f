/** Whether the order the papers found comes out here too, each claim as a difference on the same shots and edits. */
import { type Difference, difference, type QuantityName } from './averages.ts';
import type { Motion } from './heldout.ts';
import type { Run } from './runs.ts';

interface Claim {
  readonly claim: string;
  readonly better: string;
  readonly worse: string;
  readonly quantity: QuantityName;
  /** How the quantity is written, and which way is better. */
  readonly unit: string;
  readonly less: boolean;
  /** Of shots that move so; absent for all. */
  readonly motion?: Motion;
}

const along = { quantity: 'pixelMse', unit: 'Pixel-MSE', less: true } as const;
const truth = { quantity: 'psnr', unit: 'dB to the truth', less: false } as const;
const onObject = { quantity: 'psnrObject', unit: 'dB on the object', less: false } as const;
const behind = { quantity: 'psnrBackground', unit: 'dB behind it', less: false } as const;
const cheap = { quantity: 'callsPerFrame', unit: 'calls a frame', less: true } as const;
const steady = { quantity: 'consecutiveImage', unit: 'consec. image', less: false } as const;
const seam = { quantity: 'seam', unit: 'Pixel-MSE in the middle over elsewhere', less: true } as const;
const BOTH = [along, truth] as const;

interface Order {
  readonly claim: string;
  readonly better: string;
  readonly worse: string;
  readonly by: readonly Pick<Claim, 'quantity' | 'unit' | 'less'>[];
  readonly motion?: Motion;
}

/** What the papers found, and what ours should add. */
const ORDERS: readonly Order[] = [
  // From one frame at a time to all together.
  { claim: 'SDEdit above img2img: shared noise', better: 'sdedit', worse: 'img2img', by: [along, steady] },
  { claim: 'mixing above SDEdit', better: 'mix-0.6', worse: 'sdedit', by: [along, truth, steady] },
  ...['img2img', 'inversion', 'mix-0'].map((worse) => ({
    claim: `mixing (0.6) above ${worse}`,
    better: 'mix-0.6',
    worse,
    by: BOTH,
  })),
  {
    claim: 'pix2video above mixing (0.6)',
    better: 'pix2video',
    worse: 'mix-0.6',
    by: [along, truth, steady],
  },
  { claim: 'pix2video above inversion alone', better: 'pix2video', worse: 'inversion', by: BOTH },
  // Along the motion: what the paper of mixing leaves open, fast shots.
  ...([undefined, 'fast', 'turn'] as const).flatMap((motion) => [
    {
      claim: 'mixing along the motion above mixing (0.6)',
      better: 'mix-motion',
      worse: 'mix-0.6',
      by: [along, truth, onObject],
      ...(motion && { motion }),
    },
  ]),
  {
    claim: 'mixing along the motion above inversion alone',
    better: 'mix-motion',
    worse: 'inversion',
    by: BOTH,
  },
  { claim: 'mixing along the motion above pix2video', better: 'mix-motion', worse: 'pix2video', by: BOTH },
  // All together, or few of them.
  { claim: 'ControlVideo above SDEdit', better: 'controlvideo', worse: 'sdedit', by: BOTH },
  {
    claim: 'ControlVideo above pix2video',
    better: 'controlvideo',
    worse: 'pix2video',
    by: [along, truth, steady],
  },
  { claim: 'VidRD above pix2video', better: 'vidrd', worse: 'pix2video', by: [along, truth, steady] },
  {
    claim: 'Text2Video-Zero above img2img',
    better: 'text2video-zero',
    worse: 'img2img',
    by: [along, truth, steady],
  },
  ...['pix2video', 'inversion'].map((worse) => ({
    claim: `two stages (every 4th) above ${worse}`,
    better: 'two-stages',
    worse,
    by: [along, truth, cheap],
  })),
  // What a frame looks at.
  ...([undefined, 'turn'] as const).flatMap((motion) =>
    ['anchor', 'previous', 'random', 'both-self'].map((worse) => ({
      claim: `pix2video: anchor + previous above ${worse}`,
      better: 'pix2video',
      worse,
      by: motion ? [along, truth, onObject] : BOTH,
      ...(motion && { motion }),
    })),
  ),
  {
    claim: 'pix2video: sparse-causal above inversion alone',
    better: 'sparse-causal',
    worse: 'inversion',
    by: BOTH,
  },
  // Several anchors.
  { claim: 'anchors at both ends above one', better: 'anchors', worse: 'pix2video', by: BOTH },
  {
    claim: 'anchors at both ends above one',
    better: 'anchors',
    worse: 'pix2video',
    by: BOTH,
    motion: 'turn',
  },
  { claim: 'anchors that agree above anchors apart', better: 'anchors', worse: 'anchors-own', by: BOTH },
  { claim: 'anchors at both ends leave no seam', better: 'anchors', worse: 'pix2video', by: [seam] },
  // Edit only here.
  ...[
    ['masked', 'pix2video'],
    ['masked-mix', 'mix-0.6'],
  ].map(([better, worse]) => ({
    claim: `edited on the object alone above ${worse} everywhere`,
    better: better!,
    worse: worse!,
    by: [along, truth, onObject, behind],
  })),
  { claim: 'pix2video: guided update above none', better: 'pix2video', worse: 'no-update', by: BOTH },
];

const CLAIMS: readonly Claim[] = ORDERS.flatMap(({ by, ...order }) =>
  by.map((one) => ({ ...order, ...one })),
);

export type Outcome = 'reappears' | 'reversed' | 'no clear difference';

/** A standard error of fewer takes says little. */
const LEAST_TAKES = 4;

/** A difference counts from two standard errors on. */
export function outcomeOf({ mean, error, count }: Difference, less: boolean): Outcome {
  if (count < LEAST_TAKES || !(Math.abs(mean) > 2 * error)) return 'no clear difference';
  return mean < 0 === less ? 'reappears' : 'reversed';
}

export interface Finding extends Claim {
  readonly difference: Difference;
  readonly outcome: Outcome;
}

/** Claims of which both sides were run on at least two places. */
export function findings(runs: readonly Run[]): Finding[] {
  const edits = runs.filter(({ kind }) => kind !== 'same');
  return CLAIMS.flatMap((claim) => {
    const { motion } = claim;
    const within = motion ? edits.filter(({ motions }) => motions.includes(motion)) : edits;
    const found = difference(within, claim.better, claim.worse, claim.quantity);
    return found ? [{ ...claim, difference: found, outcome: outcomeOf(found, claim.less) }] : [];
  });
}
