/** Cuts as `timeline@1` says them, and back. */
import { AppError } from '../errors.ts';
import {
  type Cut,
  type CutClip,
  type CutItem,
  type CutMedia,
  type CutSource,
  cutLength,
  placedItems,
} from '../interchange/cut.ts';
import type { Rational } from '../media.ts';
import { add, compare, type Exact, exact, frameAt, framesLast, nearestFrame, ZERO } from '../time/exact.ts';
import { rational } from '../time/rational.ts';
import { formatTimecode, parseTimecode, type Timecode } from '../time/timecode.ts';
import type { Timeline, TimelineGiven } from './timeline-v1.ts';

const DOING = 'reading a timeline';
/** Of a timeline that does not say its size. */
const USUAL = { width: 1920, height: 1080 };
const NONE: Timecode = { frames: 0, drop: false };

interface ToTimeline {
  /** The cut's name as part of a file's. */
  readonly stem: string;
  /** Where media lies below the timeline's folder, with "/"; null elsewhere. */
  place(media: CutMedia): string | null;
}

export function timelineOf(cut: Cut, { stem, place }: ToTimeline): Timeline {
  const { name, rate, start, width, height } = cut;
  const label = (frames: number) => formatTimecode({ frames: start.frames + frames, drop: start.drop }, rate);
  return {
    ...{
      name,
      stem,
      rate: plainRate(rate),
      start: labelled(start, rate),
      frames: cutLength(cut),
      width,
      height,
    },
    media: Object.values(cut.media).map((one) => ({
      ...{ id: one.id, name: one.name, place: place(one), rate: plainRate(one.rate), frames: one.frames },
      ...{ width: one.width, height: one.height, reel: one.reel, sound: one.sound },
      timecode: one.timecode && labelled(one.timecode, one.rate),
    })),
    items: [...placedItems(cut)].map(({ item, at }) => {
      const { frames } = item;
      if (item.kind === 'gap') return { kind: item.kind, at, frames };
      return {
        ...{ kind: item.kind, name: item.name, at, frames, in: label(at), out: label(at + frames) },
        sources: item.sources.map((source) => sourceOf(source, frames, cut)),
        ...{ shown: item.shown, note: item.note, markers: [...item.markers] },
        prompts: item.prompts ?? null,
      };
    }),
    markers: [...cut.markers],
  };
}

function sourceOf({ media: id, name, from, take }: CutSource, frames: number, { media, rate }: Cut) {
  const one = media[id]!;
  const first = one.timecode ?? NONE;
  const label = (at: number) => formatTimecode({ frames: first.frames + at, drop: first.drop }, one.rate);
  return {
    ...{ media: id, name, from: plainExact(from) },
    take: take ? { ...take, made: moment(take.made) } : null,
    in: label(frameAt(from, one.rate)),
    out: label(nearestFrame(add(from, framesLast(frames, rate)), one.rate)),
  };
}

/** The last moment that a calendar of this kind has. */
const LAST_MOMENT = 8.64e15;
const moment = (made: number) => new Date(Math.max(-LAST_MOMENT, Math.min(LAST_MOMENT, made))).toISOString();

const labelled = ({ frames, drop }: Timecode, rate: Rational) => ({
  ...{ frames, drop },
  label: formatTimecode({ frames, drop }, rate),
});
const plainRate = ({ num, den }: Rational) => ({ n: String(num), d: String(den) });
const plainExact = ({ num, den }: Exact) => ({ n: String(num), d: String(den) });
const rateOf = ({ n, d }: Timeline['rate']) => rational(Number(n), Number(d));

/**
 * @returns media at the place that the text says, else under its name alone
 * @throws AppError usage where its parts contradict each other
 */
export function cutOfTimeline(given: TimelineGiven): Cut {
  const rate = rateOf(given.rate);
  const [first] = given.media;
  const { width = first?.width ?? USUAL.width, height = first?.height ?? USUAL.height } = given;
  const media = new Map<string, CutMedia>();
  for (const { id, name, place, reel, sound, ...one } of given.media) {
    if (media.has(id)) throw wrong(`two media are called ${id}`);
    const own = one.rate ? rateOf(one.rate) : rate;
    media.set(id, {
      ...{ id, name, path: place ?? name, rate: own, frames: one.frames ?? 0, reel, sound },
      ...{ width: one.width ?? width, height: one.height ?? height },
      timecode: one.timecode === null ? null : timecodeOf(one.timecode, own),
    });
  }
  const used = new Map<string, number>();
  const items = given.items.map((item): CutItem => {
    if (item.kind === 'gap') return { kind: 'gap', frames: item.frames };
    const { name, frames, shown, note, markers } = item;
    const sources = item.sources.map((source): CutSource => {
      const of =
        media.get(source.media) ?? failed(`a clip shows ${source.media}, which is not among the media`);
      const from = fromOf(source, of);
      const end = nearestFrame(add(from, framesLast(frames, rate)), of.rate);
      used.set(of.id, Math.max(used.get(of.id) ?? 1, end));
      return { media: of.id, name: source.name ?? of.name, from };
    });
    if (shown >= sources.length) throw wrong(`a clip shows picture ${shown + 1} of ${sources.length}`);
    const clip: CutClip = {
      ...{ kind: 'clip', name: name ?? sources[shown]!.name, frames, sources, shown, note, markers },
    };
    return clip;
  });
  for (const [id, one] of media) if (one.frames === 0) media.set(id, { ...one, frames: used.get(id) ?? 1 });
  if (items.length === 0) throw wrong('it holds nothing');
  return {
    ...{ name: given.name || 'Timeline', rate, start: timecodeOf(given.start, rate), width, height, items },
    ...{ media: Object.fromEntries(media), markers: given.markers },
  };
}

type Given<Kind> = Extract<TimelineGiven['items'][number], { kind: Kind }>;

function fromOf(source: Given<'clip'>['sources'][number], media: CutMedia): Exact {
  const from = source.from
    ? exact(BigInt(source.from.n), BigInt(source.from.d))
    : source.in === undefined
      ? ZERO
      : framesLast(timecodeOf(source.in, media.rate).frames - (media.timecode ?? NONE).frames, media.rate);
  if (compare(from, ZERO) < 0) throw wrong(`a clip begins before ${media.name} does`);
  return from;
}

function timecodeOf(given: TimelineGiven['start'], rate: Rational): Timecode {
  if (typeof given !== 'string') return { frames: given.frames, drop: given.drop };
  const read = parseTimecode(given, rate);
  return read ?? failed(`"${given}" is no timecode at ${rate.num}/${rate.den} frames a second`);
}

function failed(message: string): never {
  throw wrong(message);
}

const wrong = (message: string) => new AppError('usage', message, { doing: DOING });
