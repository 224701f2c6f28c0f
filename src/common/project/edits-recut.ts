/** Cutting a clip anew. One pass over the timeline: a long film has a thousand shots. */
import type { ProjectDocument, Shot, TimelineItem } from './document.ts';
import { type NewId, settleAnchors } from './edits.ts';
import { type FreeNames, freeNames } from './shot-names.ts';

/**
 * Cuts a clip anew, as a detection with another sensitivity asks: neighbours that go on within the clip become one and
 * are split at the cuts. Shots that have takes stay as they are.
 */
export function recutClip(
  draft: ProjectDocument,
  clipId: string,
  cuts: readonly number[],
  newId: NewId,
): void {
  const rendered = new Set(Object.values(draft.takes).map((take) => take.shotId));
  const ascending = [...new Set(cuts)].sort((a, b) => a - b);
  const items = [...draft.timeline];
  const names = freeNames(draft);
  const free = (item: TimelineItem | undefined): item is Shot =>
    item?.kind === 'shot' && item.clipId === clipId && !rendered.has(item.id);
  const next: TimelineItem[] = [];
  for (let index = 0; index < items.length; ) {
    const first = items[index++]!;
    next.push(first);
    if (!free(first)) continue;
    const run: Shot[] = [first];
    for (let one = items[index]; free(one) && one.start === run.at(-1)!.end; one = items[index]) {
      run.push(one);
      index++;
    }
    next.push(...cutRun(run, ascending, names, newId));
  }
  const same = next.length === items.length && next.every((item, at) => item === items[at]);
  if (!same) draft.timeline = next;
}

/** The run as its first shot, cut short to end at the first cut, and answers the shots that follow it. */
function cutRun(run: readonly Shot[], cuts: readonly number[], names: FreeNames, newId: NewId): Shot[] {
  const first = run[0]!;
  const end = run.at(-1)!.end;
  const oldStarts = new Set(run.map(({ start }) => start));
  for (const absorbed of run.slice(1)) names.release(absorbed.name);
  // The first frame of a shot is an anchor by default, not by choice.
  const anchors = run.flatMap((shot) => shot.anchors).filter((anchor) => !oldStarts.has(anchor));
  const lead = anchors.includes(first.leadAnchor) ? first.leadAnchor : (anchors[0] ?? first.start);
  const bounds = [...between(cuts, first.start, end), end];
  const settings = JSON.stringify(first.settings);
  let at = 0;
  const anchorsUpTo = (bound: number) => {
    const from = at;
    while (at < anchors.length && anchors[at]! < bound) at++;
    return anchors.slice(from, at);
  };
  const settle = (shot: Shot) =>
    settleAnchors(shot, lead >= shot.start && lead < shot.end ? lead : shot.start);

  const base = { ...first };
  if (first.end !== bounds[0]) first.end = bounds[0]!;
  const own = anchorsUpTo(first.end);
  if (own.join() !== first.anchors.join()) first.anchors = own;
  settle(first);
  return bounds.slice(1).map((bound, index) => {
    const shot: Shot = {
      ...base,
      id: newId(),
      name: names.after(base.name),
      start: bounds[index]!,
      end: bound,
      anchors: anchorsUpTo(bound),
      settings: JSON.parse(settings) as Shot['settings'],
    };
    settle(shot);
    return shot;
  });
}

/** Those of ascending numbers that lie between two others, found by halves. */
function between(ascending: readonly number[], after: number, before: number): readonly number[] {
  const firstNotBelow = (value: number) => {
    let low = 0;
    let high = ascending.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ascending[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return ascending.slice(firstNotBelow(after + 1), firstNotBelow(before));
}
