/** Every proof there is. */
import { ACTIVATION } from './activation.ts';
import { CONVOLUTION } from './convolution.ts';
import { GATHER } from './gather.ts';
import { NORMALISE } from './normalise.ts';
import type { Proof } from './proof.ts';
import { RESIZE } from './resize.ts';
import { SOFTMAX } from './softmax.ts';

export const PROOFS: readonly Proof[] = [
  ...ACTIVATION,
  ...SOFTMAX,
  ...NORMALISE,
  ...CONVOLUTION,
  ...RESIZE,
  ...GATHER,
];
