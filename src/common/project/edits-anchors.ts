/** Edits of anchors: the frames of a clip whose look leads a render. */
import type { ProjectDocument } from './document.ts';
import { refuse, settleAnchors, shotIn } from './edits.ts';

/** @throws AppError usage when the frame lies outside the shot or is an anchor already */
export function addAnchor(draft: ProjectDocument, shotId: string, clipFrame: number): void {
  const doing = 'adding an anchor';
  const shot = shotIn(draft, shotId, doing);
  if (clipFrame < shot.start || clipFrame >= shot.end) refuse(doing, `the frame is not in ${shot.name}`);
  if (shot.anchors.includes(clipFrame)) refuse(doing, 'this frame is an anchor already');
  shot.anchors = [...shot.anchors, clipFrame].sort((a, b) => a - b);
}

/** Moves an anchor within its shot; where it meets another one, they become one. */
export function moveAnchor(draft: ProjectDocument, shotId: string, from: number, to: number): void {
  const shot = shotIn(draft, shotId, 'moving an anchor');
  if (!shot.anchors.includes(from)) refuse('moving an anchor', 'this frame is no anchor');
  const target = Math.max(shot.start, Math.min(Math.round(to), shot.end - 1));
  shot.anchors = shot.anchors.map((anchor) => (anchor === from ? target : anchor));
  settleAnchors(shot, shot.leadAnchor === from ? target : shot.leadAnchor);
}

export function removeAnchor(draft: ProjectDocument, shotId: string, anchor: number): void {
  const doing = 'removing an anchor';
  const shot = shotIn(draft, shotId, doing);
  if (!shot.anchors.includes(anchor)) refuse(doing, 'this frame is no anchor');
  if (shot.anchors.length === 1) refuse(doing, 'a shot keeps at least one anchor', 'Add another one first.');
  shot.anchors = shot.anchors.filter((one) => one !== anchor);
  settleAnchors(shot, shot.leadAnchor);
}

export function setLeadAnchor(draft: ProjectDocument, shotId: string, anchor: number): void {
  const shot = shotIn(draft, shotId, 'choosing the lead anchor');
  if (!shot.anchors.includes(anchor)) refuse('choosing the lead anchor', 'this frame is no anchor');
  shot.leadAnchor = anchor;
}
