/** What holds in every document between two edits, beyond the shapes that zod checks. */
import type { ProjectDocument, Shot } from './document.ts';

/** One line per broken rule; empty for a sound document. */
export function faultsOf(document: ProjectDocument): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  document.timeline.forEach((item, index) => {
    if (seen.has(item.id)) faults.push(`two items are called ${item.id}`);
    seen.add(item.id);
    if (item.kind === 'shot') faults.push(...shotFaults(document, item));
    else {
      if (item.frames < 1) faults.push(`gap ${item.id} is empty`);
      const next = document.timeline[index + 1];
      if (!next) faults.push('the timeline ends with a gap');
      else if (next.kind === 'gap') faults.push(`gaps ${item.id} and ${next.id} touch`);
    }
  });
  const marks = new Set<string>();
  document.markers.forEach(({ id, frame }, index) => {
    if (marks.has(id)) faults.push(`two markers are called ${id}`);
    marks.add(id);
    if (frame < (document.markers[index - 1]?.frame ?? 0)) faults.push(`marker ${id} is out of order`);
  });
  for (const [id, take] of Object.entries(document.takes)) {
    if (take.id !== id) faults.push(`take ${take.id} is filed under ${id}`);
    if (take.start >= take.end) faults.push(`take ${id} covers no frame`);
  }
  for (const [id, clip] of Object.entries(document.clips)) {
    if (clip.id !== id) faults.push(`clip ${clip.id} is filed under ${id}`);
  }
  return faults;
}

function shotFaults(document: ProjectDocument, shot: Shot): string[] {
  const faults: string[] = [];
  const clip = document.clips[shot.clipId];
  if (!clip) faults.push(`${shot.name} (${shot.id}) shows a clip that is not there`);
  else if (shot.end > clip.frames) faults.push(`${shot.name} ends after its clip`);
  if (shot.start < 0 || shot.start >= shot.end) faults.push(`${shot.name} has no frames`);
  if (!shot.anchors.includes(shot.leadAnchor))
    faults.push(`${shot.name} leads with a frame that is no anchor`);
  shot.anchors.forEach((anchor, index) => {
    if (anchor < shot.start || anchor >= shot.end) faults.push(`${shot.name} has an anchor outside itself`);
    if (index > 0 && anchor <= shot.anchors[index - 1]!)
      faults.push(`${shot.name} has its anchors out of order`);
  });
  if (shot.takeId !== null && document.takes[shot.takeId]?.shotId !== shot.id) {
    faults.push(`${shot.name} shows a take that is not its own`);
  }
  return faults;
}
