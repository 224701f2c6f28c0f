/** What of a shot its runs depend on, besides its size. */
import type { PlannedShot } from '../methods/types.ts';
import { structureKind } from '../models/structure.ts';
import type { Extension } from './extension.ts';
import { inpaintedOf } from './inpainting.ts';

export function plannedShot(
  of: Parameters<typeof inpaintedOf>[0] &
    Pick<PlannedShot, 'frames' | 'anchor' | 'anchors' | 'schedule'> & {
      readonly extension?: Extension | null;
      readonly solver: Pick<PlannedShot, 'form'>;
      readonly settings: { readonly sampling: { readonly seed: number } };
    },
): PlannedShot {
  const { solver, extension, frames, anchor, anchors, model, schedule, settings } = of;
  return {
    ...{ frames, anchor, anchors, schedule },
    ...(extension && { fixed: extension.fixed }),
    seed: settings.sampling.seed,
    structured: structureKind(model.structureChannels) === 'depth' || inpaintedOf(of) === 'mask',
    form: solver.form,
  };
}
