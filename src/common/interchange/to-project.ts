/** A cut of another program as a project: its clips, trims and gaps in their order. */
import type { Rational } from '../media.ts';
import { type ClipRef, emptyProject, type ProjectDocument, type Shot } from '../project/document.ts';
import { structuredCloneOf } from '../project/edits.ts';
import { timelineLength, timelineRate } from '../project/positions.ts';
import { SETTINGS } from '../settings/settings.ts';
import { add, type Exact, frameAt, framesLast, nearestFrame, subtract } from '../time/exact.ts';
import { sameRational } from '../time/rational.ts';
import { formatTimecode, parseTimecode } from '../time/timecode.ts';
import { type Cut, type CutClip, type CutMedia, type CutSource, placedItems } from './cut.ts';
import { markersOf } from './markers.ts';

export interface ToProject {
  /** The clip that a file of the cut is; null where it was not found. */
  clipOf(media: CutMedia): ClipRef | null;
  /** Whether a file is a take of Retake, which is not edited again: its original is. */
  isTake(media: CutMedia): boolean;
  readonly newId: () => string;
}

export interface CutProject {
  readonly document: ProjectDocument;
  /** What could not be kept, a line each. */
  readonly losses: readonly string[];
}

export function projectOf(cut: Cut, { clipOf, isTake, newId }: ToProject): CutProject {
  const document = emptyProject(cut.name);
  const losses = new Set<string>();
  const sourceOf = (item: CutClip): CutSource => {
    const shown = item.sources[item.shown]!;
    if (item.sources.length === 1) return shown;
    losses.add('of several pictures of a clip one is kept');
    return isTake(cut.media[shown.media]!) ? item.sources[0]! : shown;
  };
  const clips = cut.items.flatMap((item) => {
    const clip = item.kind === 'clip' ? clipOf(cut.media[sourceOf(item).media]!) : null;
    return clip ? [clip] : [];
  });
  // The timeline counts at the rate of its first clip.
  const [first] = [...clips.filter(({ rate }) => sameRational(rate, cut.rate)), ...clips];
  for (const clip of first ? [first, ...clips] : []) document.clips[clip.id] = clip;
  const rate = timelineRate(document);
  if (first && !sameRational(rate, cut.rate))
    losses.add('no clip has the rate of the timeline: it counts at that of its first one');
  for (const { item, at } of placedItems(cut)) {
    const begins = nearestFrame(framesLast(at, cut.rate), rate);
    const gap = begins - timelineLength(document);
    if (item.kind === 'gap') continue;
    const source = sourceOf(item);
    const media = cut.media[source.media]!;
    const clip = clipOf(media);
    if (!clip) {
      losses.add(`${media.name} was not found: its place is left empty`);
      continue;
    }
    const shot = shotOf(item, source, { cut, media, clip, losses, newId });
    if (!shot) continue;
    if (gap > 0) document.timeline.push({ kind: 'gap', id: newId(), frames: gap });
    document.timeline.push(shot);
  }
  const length = timelineLength(document);
  for (const { at, name, note, colour } of markersOf(cut)) {
    const frame = nearestFrame(framesLast(at, cut.rate), rate);
    if (frame < length) document.markers.push({ id: newId(), frame, name, note, colour: colour ?? 'blue' });
    else losses.add('markers behind the end of the timeline are left out');
  }
  document.startTimecode = startIn(cut, rate);
  return { document, losses: [...losses] };
}

/** The same label; the usual one where the project's rate cannot count it. */
function startIn({ start, rate: own }: Cut, rate: Rational): string {
  const label = formatTimecode(start, own);
  return parseTimecode(label, rate) ? label : '';
}

interface ShotContext {
  readonly cut: Cut;
  readonly media: CutMedia;
  readonly clip: ClipRef;
  readonly losses: Set<string>;
  readonly newId: () => string;
}

function shotOf(
  { name, frames }: CutClip,
  { from }: CutSource,
  { cut, media, clip, losses, newId }: ShotContext,
): Shot | null {
  const begins = add(from, offsetOf(media, clip));
  const start = Math.max(0, frameAt(begins, clip.rate));
  const length = Math.max(1, nearestFrame(framesLast(frames, cut.rate), clip.rate));
  const end = Math.min(clip.frames, start + length);
  if (start >= clip.frames) {
    losses.add(`${clip.name} ends before the place that ${name} shows`);
    return null;
  }
  if (end < start + length) losses.add(`${clip.name} ends before ${name} does`);
  return {
    ...{ kind: 'shot', id: newId(), name, clipId: clip.id, start, end, anchors: [start], leadAnchor: start },
    ...{ settings: structuredCloneOf(SETTINGS.defaults), takeId: null },
  };
}

/** Lists name moments by labels: where the first frame's was not known, or another was believed, the file's own counts. */
function offsetOf(media: CutMedia, { timecode, rate }: ClipRef): Exact {
  const own = timecode === null ? null : parseTimecode(timecode, rate);
  if (!own || !media.timecode) return framesLast(0, rate);
  return subtract(labelTime(media.timecode.frames, media.rate), labelTime(own.frames, rate));
}

const labelTime = (frames: number, rate: Rational) => framesLast(frames, rate);
