/** The passes, in order, by which a network's self-attention reads the tokens of other frames. */
import { jointAttention } from './joint-attention.ts';
import { type Step, step } from './pass.ts';
import { prune } from './prune.ts';
import { referenceAttention } from './reference-attention.ts';
import { unpackAttention } from './unpack-attention.ts';

export interface LentAttention {
  readonly sites: 'decoder' | 'all' | 'none';
  /** Whether frames of one call may attend to each other. */
  readonly joint?: boolean;
}

/** None for no sites. */
export function lendAttention({ sites, joint = false }: LentAttention): Step[] {
  if (sites === 'none') return [];
  const shared = joint ? [step(jointAttention)] : [];
  return [step(unpackAttention), step(referenceAttention, { sites }), ...shared, step(prune)];
}
