/** What a run holds between two calls of the network. */
import type { Checkpoint } from './checkpoint.ts';
import { checkCheckpoint } from './checkpoint.ts';
import type { Carry, Run } from './run.ts';
import type { DeepFeatures, Features, Latent } from './types.ts';

export interface RunState {
  step: number;
  /** Frames that this step has visited. */
  readonly visited: Set<number>;
  readonly latents: Map<number, Latent>;
  /** Of frames of this step, as long as others need them. */
  readonly carries: Map<number, Carry>;
  readonly features: Map<number, Features>;
  /** The ẑ0 that a frame's last step used, for multistep solvers. */
  readonly before: Map<number, Latent>;
  /** Of a frame's last whole call, until the next one; in no checkpoint. */
  readonly deep: Map<number, DeepFeatures>;
}

/** @param start the latents of a run that begins */
export function stateOf(run: Run, resume: Checkpoint | null, start: (frame: number) => Latent): RunState {
  if (resume) checkCheckpoint(resume, run);
  return {
    step: resume?.step ?? 0,
    visited: new Set(resume?.visited),
    latents: new Map(resume?.latents ?? run.frames.map((frame) => [frame, start(frame)])),
    carries: new Map(resume?.carries),
    features: new Map(resume?.features),
    before: new Map(resume?.before),
    deep: new Map(),
  };
}
