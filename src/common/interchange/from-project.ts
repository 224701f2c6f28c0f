/** A project's timeline as a cut: shots with their takes. */
import { AppError } from '../errors.ts';
import type { Rational } from '../media.ts';
import type { ProjectDocument, Shot, Take } from '../project/document.ts';
import {
  clipFrameOf,
  isShot,
  type Placed,
  place,
  timelineEdgeOf,
  timelineLength,
  timelineRate,
} from '../project/positions.ts';
import { timelineStart } from '../project/start-timecode.ts';
import { add, compare, type Exact, framesLast, subtract, ZERO } from '../time/exact.ts';
import type { Timecode } from '../time/timecode.ts';
import type { Cut, CutClip, CutItem, CutMedia, CutPrompts, CutSource } from './cut.ts';
import { fileNameOf } from './file-url.ts';

/** What the project does not know of a file, or may know wrongly. */
export type MediaFacts = Omit<CutMedia, 'id' | 'name'>;

export interface CutOptions {
  /** Of a file that the project names. Null where it is not there. */
  facts(path: string): MediaFacts | null;
  /** All takes of a shot, or only the one that is shown. */
  readonly takes: 'all' | 'shown';
  /** Label of the timeline's first frame; the project's unless said. */
  readonly start?: Timecode;
  /** A file that stands for what a shot shows, whole, from a frame of the timeline on; null where none does. */
  standIn?(placed: Placed<Shot>, from: number, time: Exact): StandIn | null;
  /** Frames of the timeline, half-open; all unless said. */
  readonly range?: { readonly from: number; readonly to: number };
}

export interface StandIn {
  /** As `facts` is asked for it. */
  readonly path: string;
  /** Seconds after its first frame. */
  readonly from: Exact;
}

/** @throws AppError usage where nothing is on the timeline or a file of it is missing */
export function cutOf(document: ProjectDocument, options: CutOptions): Cut {
  const { facts, start, range } = options;
  const doing = `exporting the timeline of ${document.name}`;
  const rate = timelineRate(document);
  const media = new Map<string, CutMedia>();
  const mediaOf = (path: string): string => {
    const known = media.get(path);
    if (known) return known.id;
    const found = facts(path);
    if (!found)
      throw new AppError('usage', `${path} is not there`, {
        doing,
        hint: 'Find the file again in the window, or take it off the timeline.',
      });
    const id = `media-${media.size + 1}`;
    media.set(path, { ...found, id, name: fileNameOf(found.path) });
    return id;
  };
  const wanted = { from: range?.from ?? 0, to: range?.to ?? Number.POSITIVE_INFINITY };
  const items: CutItem[] = [];
  for (const placed of place(document)) {
    const [from, to] = [Math.max(placed.from, wanted.from), Math.min(placed.to, wanted.to)];
    if (to <= from) continue;
    if (isShot(placed)) items.push(...clipsOf(document, placed, { from, to }, rate, options, mediaOf));
    else items.push({ kind: 'gap', frames: to - from });
  }
  const first = Object.values(document.clips)[0];
  if (!first || items.every(({ kind }) => kind === 'gap'))
    throw new AppError('usage', 'there is nothing on the timeline', {
      doing,
      hint: 'Drop a clip on the window.',
    });
  return {
    name: document.name,
    rate,
    start: later(start ?? timelineStart(document), wanted.from),
    width: first.width,
    height: first.height,
    media: Object.fromEntries([...media.values()].map((one) => [one.id, one])),
    items,
    markers: document.markers.flatMap(({ frame, name, note, colour }) =>
      frame >= wanted.from && frame < Math.min(wanted.to, timelineLength(document))
        ? [{ at: frame - wanted.from, name, note, colour }]
        : [],
    ),
  };
}

/** A part of a timeline keeps its labels. */
function later({ frames, drop }: Timecode, by: number): Timecode {
  return { frames: frames + by, drop };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** A shot whose shown take covers a part of it is several clips: the take, and the original around it. */
function clipsOf(
  document: ProjectDocument,
  placed: Placed<Shot>,
  within: Span,
  rate: Rational,
  { takes: which, standIn }: CutOptions,
  mediaOf: (path: string) => string,
): CutClip[] {
  const { item: shot } = placed;
  const clip = document.clips[shot.clipId]!;
  const shown = shot.takeId === null ? undefined : document.takes[shot.takeId];
  const all = Object.values(document.takes).filter(
    ({ shotId, id }) => shotId === shot.id && id !== shown?.id,
  );
  const takes = [...(shown ? [shown] : []), ...(which === 'all' ? all : [])];
  const whole = standIn?.(placed, within.from, timeInClip(placed, within.from, clip.rate, rate)) ?? null;
  return (whole ? [within] : pieces(placed, within, shown)).map(({ from, to }) => {
    const time = timeInClip(placed, from, clip.rate, rate);
    const covering = takes.filter((take) => !(whole && take === shown) && covers(take, placed, { from, to }));
    const sources: CutSource[] = [
      { media: mediaOf(clip.path), name: clip.name, from: time },
      ...(whole
        ? [
            {
              ...{ media: mediaOf(whole.path), name: shown?.name ?? shot.name },
              from: notNegative(whole.from),
              ...(shown && { take: madeOf(shown) }),
            },
          ]
        : []),
      ...covering.map((take) => ({
        media: mediaOf(take.path),
        name: take.name,
        from: notNegative(subtract(time, framesLast(take.start, clip.rate))),
        take: madeOf(take),
      })),
    ];
    const at = whole ? 1 : shown && covering.includes(shown) ? covering.indexOf(shown) + 1 : 0;
    return {
      kind: 'clip',
      name: shot.name,
      frames: to - from,
      sources,
      shown: at,
      note: noteOf(shot, at > 0 ? shown : undefined),
      prompts: promptsIn(shot.settings),
      markers: [],
    };
  });
}

/** Seconds of the clip at a frame of the timeline. */
function timeInClip({ conform }: Placed, frame: number, clipRate: Rational, rate: Rational): Exact {
  return add(framesLast(conform.start, clipRate), framesLast(frame - conform.from, rate));
}

/** A shot may begin between two frames of a clip of another rate; a take begins with the second. */
function notNegative(time: Exact): Exact {
  return compare(time, ZERO) < 0 ? ZERO : time;
}

/** Where the shown take begins and ends within a shot. */
function pieces(placed: Placed<Shot>, { from, to }: Span, shown: Take | undefined): Span[] {
  const { start, end } = placed.item;
  if (!shown || shown.end <= start || shown.start >= end) return [{ from, to }];
  const cuts = [
    from,
    ...(shown.start > start ? [timelineEdgeOf(placed, shown.start)] : []),
    ...(shown.end < end ? [timelineEdgeOf(placed, shown.end)] : []),
    to,
  ];
  return cuts.slice(1).flatMap((next, i) => {
    const span = { from: Math.max(from, cuts[i]!), to: Math.min(to, next) };
    return span.to > span.from ? [span] : [];
  });
}

function covers({ start, end }: Take, placed: Placed<Shot>, { from, to }: Span): boolean {
  return clipFrameOf(placed, from) >= start && clipFrameOf(placed, to - 1) < end;
}

function promptsIn({ prompts }: Shot['settings']): CutPrompts {
  return { source: prompts.source, target: prompts.target, negative: prompts.negative };
}

function madeOf({ settings, note, rating, bundle, createdAt }: Take): NonNullable<CutSource['take']> {
  return {
    ...{ prompts: promptsIn(settings), note, rating, method: settings.method.id },
    ...{ model: fileNameOf(bundle), made: createdAt },
  };
}

function noteOf({ settings }: Shot, take: Take | undefined): string {
  const { prompts } = take?.settings ?? settings;
  const lines = [
    take && `Take: ${take.name}`,
    take?.note,
    prompts.source && `Shows: ${prompts.source}`,
    prompts.target && `Shall show: ${prompts.target}`,
    prompts.negative && `Not: ${prompts.negative}`,
  ];
  return lines.filter((line) => line).join('\n');
}
