/** What the runner knows of a kind of case. */

import type { AttentionSites, DifferentiatedBy } from '../../../src/main/engine/diffusion/types.ts';
import type { Bundle } from '../../../src/main/engine/models/types.ts';
import type { LearntOptions } from '../../../src/main/engine/onnx/passes/learnt-weights.ts';
import type { GoldenCase } from '../case.ts';
import type { Values } from '../compare.ts';

/** A check beside the outputs: settings of the manifest that the engine must find by itself. */
export interface Check {
  readonly output: string;
  readonly got: Values;
  readonly want: Values;
  readonly tolerance: number;
}

export interface Kind {
  readonly sites: AttentionSites;
  /** Whether frames look at each other. */
  readonly joint?: boolean;
  /** What is learnt, and by what calls are differentiated; nothing unless said. */
  readonly learnt?: LearntOptions | null;
  readonly gradients?: readonly DifferentiatedBy[];
  checks?(golden: GoldenCase, bundle: Bundle): Check[];
  /** The numbers of an output, in its own order; a text says what is needed that is not there yet. */
  output(golden: GoldenCase, bundle: Bundle, output: string): Promise<Values | string>;
}

const kept = new WeakMap<GoldenCase, Map<string, unknown>>();

/** Makes a thing once per case and key: several outputs come from one run. */
export function once<T>(golden: GoldenCase, key: string, make: () => T): T {
  const made = kept.get(golden) ?? new Map<string, unknown>();
  kept.set(golden, made);
  if (!made.has(key)) made.set(key, make());
  return made.get(key) as T;
}

/** Trajectories (steps, frames, …) as one array; the last step alone where the golden keeps only that. */
export function joined(
  golden: GoldenCase,
  output: string,
  trajectory: readonly (readonly Float32Array[])[],
): Float32Array {
  const whole = golden.expected(output).shape.length > 4;
  return concat((whole ? trajectory : trajectory.slice(-1)).flat());
}

export function concat(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
