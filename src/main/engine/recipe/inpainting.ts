/** What an inpainting network is to make anew. */
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { Method } from '../methods/types.ts';
import { structureKind } from '../models/structure.ts';
import { heldBy } from './hold.ts';

/** What the mask covers, or whole frames; null for other networks. */
export type Inpainted = 'mask' | 'frame' | null;

/** Where the method makes what is outside of the mask, too, whole frames are made anew. */
export function inpaintedOf(shot: {
  readonly model: { readonly structureChannels: number };
  readonly settings: { readonly guide: Pick<EditSettings['guide'], 'mask' | 'pictures'> };
  readonly method: Method;
  readonly params: unknown;
}): Inpainted {
  if (structureKind(shot.model.structureChannels) !== 'surroundings') return null;
  return heldBy(shot.settings.guide, shot).mask === null ? 'frame' : 'mask';
}
