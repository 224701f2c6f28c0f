/** The cache's name of one frame's inverted latent. Shared by rendering and planning, so that a plan tells the truth. */
import { assert } from '../../../common/errors.ts';
import type { Fit } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { inversionKey } from '../artefacts/keys.ts';
import type { ScheduleId } from '../diffusion/schedule.ts';
import type { Solver } from '../diffusion/solvers/solver.ts';
import type { BundleDigests } from '../models/types.ts';

export interface InversionOf {
  readonly settings: EditSettings;
  readonly fit: Fit;
  readonly digests: BundleDigests;
  readonly solver: Solver;
  readonly scheduleId: ScheduleId;
  /** The execution provider in use. */
  readonly provider: string;
}

/** @param pixels digestOf the frame's RGB8 canvas; structure: digestOf its depth, null where the network takes none */
export function frameKey(of: InversionOf, pixels: string, structure: string | null): string {
  const { settings, fit, digests, solver } = of;
  assert(solver.inversion, 'only solvers that invert keep inversions');
  const { id, modes } = solver.inversion;
  return inversionKey({
    pixels,
    width: fit.width,
    height: fit.height,
    unet: digests.unet,
    vaeEncoder: digests.vaeEncoder,
    textEncoder: digests.textEncoder,
    tokenizer: digests.tokenizer,
    scheduler: digests.scheduler,
    structure,
    sourcePrompt: settings.prompts.source,
    solver: id,
    inversion: modes ? settings.inversion.mode : 'upper',
    schedule: of.scheduleId,
    steps: settings.sampling.steps,
    refinement: settings.inversion.refinement,
    provider: of.provider,
  });
}
