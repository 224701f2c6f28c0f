/** What the runner knows of a kind of case. */
import type { Bundle } from '../../../src/main/engine/bundle/types.ts';
import type { AttentionSites } from '../../../src/main/engine/diffusion/types.ts';
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
  checks?(golden: GoldenCase, bundle: Bundle): Check[];
  /** The numbers of an output, in its own order; a text says what is needed that is not there yet. */
  output(golden: GoldenCase, bundle: Bundle, output: string): Promise<Values | string>;
}

/** Trajectories (steps, frames, …) as one array; the last step alone where the golden keeps only that. */
export function joined(
  golden: GoldenCase,
  output: string,
  trajectory: readonly (readonly Float32Array[])[],
): Float32Array {
  const whole = golden.expected(output).shape.length > 4;
  const latents = (whole ? trajectory : trajectory.slice(-1)).flat();
  const all = new Float32Array(latents.reduce((sum, latent) => sum + latent.length, 0));
  let at = 0;
  for (const latent of latents) {
    all.set(latent, at);
    at += latent.length;
  }
  return all;
}
