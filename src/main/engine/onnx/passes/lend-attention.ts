/** The passes, in order, by which a network's self-attention reads the tokens of other frames. */
import { causalAttention } from './causal-attention.ts';
import { jointAttention } from './joint-attention.ts';
import { type LearntOptions, learntWeights } from './learnt-weights.ts';
import { type Step, step } from './pass.ts';
import { prune } from './prune.ts';
import { referenceAttention } from './reference-attention.ts';
import { unpackAttention } from './unpack-attention.ts';

export interface LentAttention {
  readonly sites: 'decoder' | 'all' | 'none';
  /** Whether frames of one call may attend to each other. */
  readonly joint?: boolean;
  /** What of its attention is learnt on a shot, whose frames may then attend to the first of the call and to the one before; nothing where null or absent. */
  readonly learnt?: LearntOptions | null;
}

/** None for no sites. */
export function lendAttention({ sites, joint = false, learnt = null }: LentAttention): Step[] {
  if (sites === 'none') return [];
  // What is behind the others' tokens is a layer's own, which joint attention exchanges.
  const shared = [...(learnt ? [step(causalAttention)] : []), ...(joint ? [step(jointAttention)] : [])];
  const fed = learnt ? [step(learntWeights, learnt)] : [];
  return [step(unpackAttention), step(referenceAttention, { sites }), ...shared, ...fed, step(prune)];
}
