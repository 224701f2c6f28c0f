/** Classifier-free guidance (Ho & Salimans 2021) on the raw network output, where it equals guidance on ε. */
import { assert } from '../../../common/errors.ts';
import type { Keep } from './edit-mask.ts';
import type { Conditioning, Latent } from './types.ts';

/** The branches a guidance needs of (unconditional, conditional): at 1 the unconditional one cancels, so it is not run. */
export function activeBranches(
  branches: readonly Conditioning[],
  guidance: number,
  keep?: Keep,
): readonly Conditioning[] {
  assert(branches.length === 1 || branches.length === 2, 'one or two guidance branches');
  assert(branches.length === 2 || guidance === 1, 'guidance other than 1 needs an unconditional branch');
  return guidance === 1 && !keep ? branches.slice(-1) : branches;
}

/** What `combine` hands back to each output of what it is handed: (1 - g)·cotangent and g·cotangent. The mask of an edit is a constant. */
export function parted(cotangent: Latent, outputs: number, guidance: number, edit?: Float32Array): Latent[] {
  if (outputs === 1) return [cotangent];
  const weight = (i: number) => (edit ? guidance * edit[i % edit.length]! : guidance);
  return [
    cotangent.map((value, i) => (1 - weight(i)) * value),
    cotangent.map((value, i) => weight(i) * value),
  ];
}

/** u + g·(c - u); a single output passes through. Where an edit is confined (`editMask`), (c - u) is weighed by it. */
export function combine(outputs: readonly Latent[], guidance: number, edit?: Float32Array): Latent {
  const [first, conditional] = outputs;
  assert(first !== undefined, 'the network answered for at least one branch');
  if (conditional === undefined) return first;
  if (!edit) return first.map((u, i) => u + guidance * (conditional[i]! - u));
  return first.map((u, i) => u + guidance * edit[i % edit.length]! * (conditional[i]! - u));
}
