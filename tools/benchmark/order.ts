/** Whether the order the papers found comes out here too, each claim as a difference on the same shots and edits. */
import { type Difference, difference, type QuantityName } from './averages.ts';
import type { Run } from './runs.ts';

interface Claim {
  readonly claim: string;
  readonly better: string;
  readonly worse: string;
  readonly quantity: QuantityName;
  /** How the quantity is written, and which way is better. */
  readonly unit: string;
  readonly less: boolean;
}

const along = { quantity: 'pixelMse', unit: 'Pixel-MSE', less: true } as const;
const truth = { quantity: 'psnr', unit: 'dB to the truth', less: false } as const;

const ANCHOR_AND_PREVIOUS = ['anchor', 'previous', 'random', 'both-self'].flatMap((worse) =>
  [along, truth].map((by) => ({
    claim: `pix2video: anchor + previous above ${worse}`,
    better: 'pix2video',
    worse,
    ...by,
  })),
);

const MIXING = (['img2img', 'inversion', 'mix-0'] as const).flatMap((worse) =>
  [along, truth].map((by) => ({ claim: `mixing (0.6) above ${worse}`, better: 'mix-0.6', worse, ...by })),
);

const CLAIMS: readonly Claim[] = [
  ...ANCHOR_AND_PREVIOUS,
  { claim: 'pix2video: guided update above none', better: 'pix2video', worse: 'no-update', ...along },
  ...MIXING,
  { claim: 'SDEdit above img2img: shared noise', better: 'sdedit', worse: 'img2img', ...along },
  { claim: 'pix2video above mixing (0.6)', better: 'pix2video', worse: 'mix-0.6', ...along },
  { claim: 'pix2video above mixing (0.6)', better: 'pix2video', worse: 'mix-0.6', ...truth },
];

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
    const found = difference(edits, claim.better, claim.worse, claim.quantity);
    return found ? [{ ...claim, difference: found, outcome: outcomeOf(found, claim.less) }] : [];
  });
}
