/** Edits of takes: the rendered versions of a shot. Files are the engine's business; a document only refers to them. */
import type { FiledTake, ProjectDocument, Take } from './document.ts';
import { refuse, shotIn } from './edits.ts';

/** Files a take under its shot; `show` brings it to the timeline if the shot is still there. */
export function addTake(draft: ProjectDocument, take: Take, show: boolean): void {
  draft.takes[take.id] = take;
  const shot = draft.timeline.find((item) => item.id === take.shotId);
  if (show && shot?.kind === 'shot') shot.takeId = take.id;
}

/** Brings in what renders have filed and the document lacks, in that order; the newest of a shot is shown. */
export function mergeTakes(draft: ProjectDocument, filed: readonly FiledTake[]): void {
  for (const take of filed) {
    if (draft.takes[take.id]) continue;
    const name = `Take ${takesOf(draft, take.shotId).length + 1}`;
    addTake(draft, { ...take, name, rating: 0, note: '' }, true);
  }
}

/** Shows a take of the shot on the timeline; null shows the clip. */
export function showTake(draft: ProjectDocument, shotId: string, takeId: string | null): void {
  const shot = shotIn(draft, shotId, 'showing a take');
  if (takeId !== null && draft.takes[takeId]?.shotId !== shotId)
    refuse('showing a take', 'it is of another shot');
  shot.takeId = takeId;
}

export function renameTake(draft: ProjectDocument, takeId: string, name: string): void {
  takeIn(draft, takeId, 'renaming a take').name =
    name.trim() || refuse('renaming a take', 'the name is empty');
}

/** 0 is unrated, 5 is best. */
export function rateTake(draft: ProjectDocument, takeId: string, rating: number): void {
  takeIn(draft, takeId, 'rating a take').rating = Math.max(0, Math.min(5, Math.round(rating)));
}

/** Spaces around it are dropped; empty takes the note away. */
export function noteTake(draft: ProjectDocument, takeId: string, note: string): void {
  takeIn(draft, takeId, 'noting something about a take').note = note.trim();
}

/** Takes the entry out; shots that showed it show their clip again. */
export function removeTake(draft: ProjectDocument, takeId: string): void {
  takeIn(draft, takeId, 'removing a take');
  delete draft.takes[takeId];
  for (const item of draft.timeline) {
    if (item.kind === 'shot' && item.takeId === takeId) item.takeId = null;
  }
}

/** Newest first. */
export function takesOf(document: ProjectDocument, shotId: string): Take[] {
  return Object.values(document.takes)
    .filter((take) => take.shotId === shotId)
    .sort(newestFirst);
}

export function newestFirst(a: Take, b: Take): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1);
}

function takeIn(draft: ProjectDocument, takeId: string, doing: string): Take {
  return draft.takes[takeId] ?? refuse(doing, 'this take is no longer in the project');
}
