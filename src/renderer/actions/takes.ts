/** Takes of a shot: show, rate, rename, delete, compare, take their settings back. */
import type { Take } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { setSettings } from '../../common/project/edits-settings.ts';
import { noteTake, rateTake, removeTake, renameTake, showTake } from '../../common/project/edits-takes.ts';
import { shotOf } from '../../common/project/positions.ts';
import { shell } from '../engine.ts';
import { getPlaced } from '../store/current.ts';
import { change, getDocument } from '../store/project.ts';
import { trash } from '../store/trash.ts';
import { getView, seek } from '../store/view.ts';
import { compare, compareSeveral } from '../store/viewer.ts';

/** Shows a take on the timeline; null shows the clip. */
export function promoteTake(shotId: string, take: Take | null): void {
  change({
    name: take ? `Show ${take.name}` : 'Show the clip',
    edit: (draft) => showTake(draft, shotId, take?.id ?? null),
  });
}

export function giveRating(take: Take, rating: number): void {
  change({ name: `Rate ${take.name}`, edit: (draft) => rateTake(draft, take.id, rating) });
}

export function giveTakeName(take: Take, name: string): void {
  change({ name: `Rename ${take.name}`, edit: (draft) => renameTake(draft, take.id, name) });
}

export function giveNote(take: Take, note: string): void {
  if (note.trim() === take.note) return;
  change({ name: `Note on ${take.name}`, edit: (draft) => noteTake(draft, take.id, note) });
}

/** The file goes with the entry and comes back with undo. */
export function deleteTake(take: Take): void {
  trash.giveUp(take.path);
  change({ name: `Delete ${take.name}`, edit: (draft) => removeTake(draft, take.id) });
}

/** Sets the shot up as it was when the take was rendered, seed included. */
export function takeSettingsBack(take: Take): void {
  const shot = shotOf(getDocument(), take.shotId) ?? refuse('taking settings back', 'the shot is gone');
  change({
    name: `Settings of ${take.name}`,
    edit: (draft) => setSettings(draft, [shot.id], take.settings),
  });
}

/** Against another take, else against the clip. */
export function compareTake(take: Take, other: Take | null): void {
  compare(other ? { take: other.id } : 'clip', { take: take.id });
}

/** More could not be told apart beside each other. */
export const MOST_COMPARED = 4;

/** Three or four beside each other, in the order in which they were chosen. */
export function compareTakes(takes: readonly Take[]): void {
  const shot = getPlaced().find(({ item }) => item.id === takes[0]?.shotId);
  const { playhead } = getView();
  if (shot && (playhead < shot.from || playhead >= shot.to)) seek(shot.from);
  compareSeveral(takes.slice(0, MOST_COMPARED).map(({ id }) => id));
}

export async function revealTake(take: Take): Promise<void> {
  await shell().revealFile(take.path);
}
