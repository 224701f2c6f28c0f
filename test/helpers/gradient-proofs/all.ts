/** Every proof there is. */
import { ACTIVATION } from './activation.ts';
import { ARRANGE } from './arrange.ts';
import { CONVOLUTION } from './convolution.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { FUSED } from './fused.ts';
import { GATHER } from './gather.ts';
import { MULTIPLY } from './multiply.ts';
import { NORMALISE } from './normalise.ts';
import type { Proof } from './proof.ts';
import { REDUCE } from './reduce.ts';
import { RESIZE } from './resize.ts';
import { SOFTMAX } from './softmax.ts';

export const PROOFS: readonly Proof[] = [
  ...[ELEMENTWISE, MULTIPLY, ARRANGE, REDUCE, ACTIVATION, SOFTMAX].flat(),
  ...[NORMALISE, CONVOLUTION, RESIZE, GATHER, FUSED].flat(),
];
