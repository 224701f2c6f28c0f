/** The shot whose mask is drawn, the frame it is drawn at, and the one way to change it. */
import type { Mask, Part } from '../../common/masks/mask.ts';
import type { ClipRef, Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { addPart, editMask, type MaskEdit, partName } from '../../common/project/edits-mask.ts';
import { clipFrameOf, type Placed } from '../../common/project/positions.ts';
import { getCurrentShot } from '../store/current.ts';
import { getMasking } from '../store/masking.ts';
import { change, getDocument } from '../store/project.ts';
import { getView } from '../store/view.ts';

export interface Masked {
  readonly placed: Placed<Shot>;
  readonly shot: Shot;
  readonly clip: ClipRef;
  /** Frame of the clip under the playhead. */
  readonly frame: number;
  readonly mask: Mask | null;
}

/** The shot in hand, when it is the one in sight; null otherwise. */
export function getMasked(): Masked | null {
  const placed = getCurrentShot();
  const { playhead } = getView();
  if (!placed || playhead < placed.from || playhead >= placed.to) return null;
  const shot = placed.item;
  const clip = getDocument().clips[shot.clipId];
  if (!clip) return null;
  return { placed, shot, clip, frame: clipFrameOf(placed, playhead), mask: shot.settings.guide.mask };
}

/** @throws AppError usage when no shot is in sight */
export function maskedOrRefuse(doing: string): Masked {
  return getMasked() ?? refuse(doing, 'no shot is in sight', 'Bring the playhead to a shot.');
}

/** A change of one shot's mask; with a gesture it states the whole movement. */
export function changeMask(shotId: string, name: string, edit: MaskEdit, gesture?: string): void {
  change({ name, edit: (draft) => editMask(draft, shotId, edit), gesture });
}

/** The part in hand; null when none is, or it is gone. */
export function partInHand(mask: Mask | null): Part | null {
  return mask?.parts.find(({ id }) => id === getMasking().part) ?? null;
}

/** Puts a part into a mask; a first one makes its edge soft, since the network's own grid is coarse. */
export function putPart(mask: Mask, part: Part, clip: Pick<ClipRef, 'width' | 'height'>): void {
  if (mask.parts.length === 0) mask.feather = Math.max(2, Math.round(Math.min(clip.width, clip.height) / 60));
  addPart(mask, part);
}

/** Of the brush, in pixels of the clip. */
export function brushRadius({ width, height }: Pick<ClipRef, 'width' | 'height'>): number {
  return getMasking().radius ?? Math.max(2, Math.round(Math.min(width, height) / 16));
}

export function nameOfPart(mask: Mask | null, part: Part): string {
  return mask ? partName(mask, part).toLowerCase() : 'part';
}
