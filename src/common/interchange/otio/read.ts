/** Reads OpenTimelineIO, whoever wrote it. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Rational } from '../../media.ts';
import { add, type Exact, exact, framesLast, nearestFrame } from '../../time/exact.ts';
import { nearestStandardRate, rational, toNumber } from '../../time/rational.ts';
import { nominalRate, type Timecode } from '../../time/timecode.ts';
import type { CutMarker, CutMedia, ReadCut } from '../cut.ts';
import { fileNameOf, fromFileUrl } from '../file-url.ts';
import { colourNamed } from '../markers.ts';
import { flattened, type LaidClip } from '../tracks.ts';
import { ORIGINAL, OWN, ownClip, ownMarker, ownReference, ownTimeline } from './own.ts';

const rationalTime = z.object({ rate: z.number().positive(), value: z.number() });
const timeRange = z.object({ start_time: rationalTime, duration: rationalTime });
const metadata = z.record(z.string(), z.unknown()).nullish();
const marker = z.object({
  name: z.string().nullish(),
  marked_range: timeRange,
  comment: z.string().nullish(),
  // Later programs write it as an object.
  color: z.union([z.string(), z.looseObject({ name: z.string().nullish() })]).nullish(),
  metadata,
});
const resolveNote = z.object({ Resolve_OTIO: z.object({ Note: z.string() }) });
const item = z.looseObject({
  OTIO_SCHEMA: z.string(),
  name: z.string().nullish(),
  enabled: z.boolean().default(true),
  source_range: timeRange.nullish(),
  markers: z.array(marker).nullish(),
  effects: z.array(z.looseObject({ OTIO_SCHEMA: z.string() })).nullish(),
  metadata,
});
type Item = z.infer<typeof item>;
const reference = z.looseObject({
  OTIO_SCHEMA: z.string(),
  name: z.string().nullish(),
  target_url: z.string().nullish(),
  available_range: timeRange.nullish(),
  metadata,
});
type Reference = z.infer<typeof reference>;
const pictures = z.object({
  target_url_base: z.string(),
  name_prefix: z.string().default(''),
  name_suffix: z.string().default(''),
  frame_zero_padding: z.int().min(0).max(20).default(0),
});

interface Known {
  readonly ref: Reference;
  /** Null for what is no file. */
  readonly path: string | null;
  readonly shown: boolean;
}

/** Of a sequence of pictures its pattern. */
function pathOf(ref: Reference): string | null {
  if (!ref.OTIO_SCHEMA.startsWith('ImageSequenceReference.'))
    return typeof ref.target_url === 'string' ? fromFileUrl(ref.target_url) : null;
  const found = pictures.safeParse(ref).data;
  const folder = found && fromFileUrl(found.target_url_base);
  if (!found || !folder) return null;
  const number = '#'.repeat(Math.max(1, found.frame_zero_padding));
  return `${folder.replace(/[/\\]$/, '')}/${found.name_prefix}${number}${found.name_suffix}`;
}
const timelineFile = z.looseObject({
  OTIO_SCHEMA: z.string().startsWith('Timeline.'),
  name: z.string().nullish(),
  global_start_time: rationalTime.nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  tracks: z.looseObject({ children: z.array(z.looseObject({})), markers: z.array(marker).nullish() }),
});
const trackFile = z.looseObject({
  OTIO_SCHEMA: z.string(),
  kind: z.string().default('Video'),
  enabled: z.boolean().default(true),
  children: z.array(item),
});
const DOING = 'reading an OpenTimelineIO file';
const HINT = 'Give a timeline as programs export it (.otio).';

/** @throws AppError usage for a text that is no timeline */
export function readOtio(text: string): ReadCut {
  const file = parsed(text);
  const losses = new Set<string>();
  const children = file.tracks.children.flatMap((child) => {
    const found = trackFile.safeParse(child);
    if (found.success && found.data.OTIO_SCHEMA.startsWith('Track.')) return [found.data];
    losses.add('a stack beside the tracks is left out');
    return [];
  });
  const video = children.filter(({ kind, enabled }) => kind === 'Video' && enabled);
  const heard = children.some(({ kind, children }) => kind === 'Audio' && children.some(isClip));
  const own = ownTimeline.safeParse(file.metadata?.[OWN]).data;
  const rate = rateOf(
    video.flatMap(({ children }) => children),
    file.global_start_time?.rate,
  );
  const size = { width: own?.width ?? 1920, height: own?.height ?? 1080 };
  const reader = new Reader(rate, size, heard, losses);
  const { items, hides } = flattened(
    video.map(({ children }) => reader.track(children)),
    rate,
  );
  if (hides) losses.add('of pictures that lie over each other the uppermost is kept');
  if (items.length === 0)
    throw new AppError('usage', 'there is no clip in its picture tracks', { doing: DOING, hint: HINT });
  const started = file.global_start_time;
  const start: Timecode = {
    frames: started ? nearestFrame(seconds(started), rate) : nominalRate(rate) * 3600,
    drop: own?.drop ?? false,
  };
  const markers = (file.tracks.markers ?? []).map((one) => ({
    at: nearestFrame(seconds(one.marked_range.start_time), rate),
    ...wordsOf(one),
  }));
  const media = Object.fromEntries([...reader.media.values()].map((one) => [one.id, one]));
  return {
    cut: { name: file.name ?? 'Timeline', rate, start, ...size, media, items, markers },
    losses: [...losses],
  };
}

function parsed(text: string) {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new AppError('usage', 'this is no OpenTimelineIO file', { doing: DOING, hint: HINT, cause });
  }
  const found = timelineFile.safeParse(json);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw new AppError('usage', `this is no timeline: ${issue?.path.join('.')} ${issue?.message}`, {
    doing: DOING,
    hint: HINT,
  });
}

const isClip = ({ OTIO_SCHEMA: schema }: Item) => schema.startsWith('Clip.');
const standard = (rate: number) => {
  const near = nearestStandardRate(rate);
  return Math.abs(toNumber(near) / rate - 1) < 5e-5 ? near : rational(Math.round(rate * 1000), 1000);
};

/** A timeline has no rate of its own: that of its start, else the one most of its clips are counted at. */
function rateOf(items: readonly Item[], started: number | undefined): Rational {
  if (started !== undefined) return standard(started);
  const counts = new Map<number, number>();
  for (const { source_range: range } of items)
    if (range) counts.set(range.duration.rate, (counts.get(range.duration.rate) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return standard(most?.[0] ?? 24);
}

/** A double holds a whole count of frames exactly, and a part of one to within what no editor sees: a millionth. */
function seconds({ value, rate }: z.infer<typeof rationalTime>): Exact {
  const { num, den } = standard(rate);
  return exact(BigInt(Math.round(value * 1e6)) * BigInt(den), 1_000_000n * BigInt(num));
}

class Reader {
  readonly media = new Map<string, CutMedia>();
  readonly #rate: Rational;
  readonly #size: { readonly width: number; readonly height: number };
  readonly #heard: boolean;
  readonly #losses: Set<string>;

  constructor(rate: Rational, size: { width: number; height: number }, heard: boolean, losses: Set<string>) {
    this.#rate = rate;
    this.#size = size;
    this.#heard = heard;
    this.#losses = losses;
  }

  track(items: readonly Item[]): LaidClip[] {
    const clips: LaidClip[] = [];
    let at: Exact = exact(0n);
    for (const one of items) {
      if (one.OTIO_SCHEMA.startsWith('Transition.')) {
        this.#losses.add('dissolves and wipes are read as cuts');
        continue;
      }
      const ranged = one.source_range ?? this.#references(one)[0]?.ref.available_range;
      if (!ranged) {
        this.#losses.add(`${one.name || one.OTIO_SCHEMA} has no length and is left out`);
        continue;
      }
      const from = nearestFrame(at, this.#rate);
      at = add(at, seconds(ranged.duration));
      const frames = nearestFrame(at, this.#rate) - from;
      if (one.OTIO_SCHEMA.startsWith('Gap.') || frames <= 0) continue;
      if (isClip(one)) clips.push(...this.#clip(one, from, frames, ranged));
      else this.#losses.add(`${one.name || 'a nested timeline'} is a timeline of its own and is left out`);
    }
    return clips;
  }

  /** The original first. */
  #references(one: Item): Known[] {
    const named = z.record(z.string(), reference).safeParse(one.media_references).data;
    const single = reference.safeParse(one.media_reference).data;
    const { [ORIGINAL]: first, ...others } = named ?? { ...(single && { [ORIGINAL]: single }) };
    const active = named && one.active_media_reference_key;
    const all = [...(first ? [[ORIGINAL, first] as const] : []), ...Object.entries(others)];
    return all.map(([key, ref], i) => ({
      ref,
      path: pathOf(ref),
      shown: typeof active === 'string' && active in named! ? key === active : i === 0,
    }));
  }

  /** One a picture it can show, as on tracks of their own. */
  #clip(one: Item, at: number, frames: number, ranged: z.infer<typeof timeRange>): LaidClip[] {
    if ((one.effects ?? []).length > 0) this.#losses.add('effects and changes of speed are left out');
    const own = ownClip.safeParse(one.metadata?.[OWN]).data;
    const known = this.#references(one).filter(({ path }) => path !== null);
    if (!known.some(({ shown }) => shown)) {
      this.#losses.add(`${one.name || 'a clip'} shows no file and is left out`);
      return [];
    }
    const begins = seconds(ranged.start_time);
    return known.map(({ ref, path, shown }, i) => {
      const media = this.#medium(ref, path!, one, ranged);
      const told = ownReference.safeParse(ref.metadata?.[OWN]).data;
      const [num, den] = told ? told.from.split('/').map(BigInt) : [];
      const first = framesLast(media.timecode?.frames ?? 0, media.rate);
      const from = num !== undefined && den ? exact(num, den) : atLeastZero(minus(begins, first));
      const markers = (i === 0 ? (one.markers ?? []) : []).map((mark) => ({
        at: Math.max(0, nearestFrame(minus(seconds(mark.marked_range.start_time), begins), this.#rate)),
        ...wordsOf(mark),
      }));
      return {
        ...{ at, frames, markers, enabled: one.enabled && shown },
        name: own?.name ?? one.name ?? media.name,
        source: { media: media.id, name: told?.name ?? media.name, from },
        note: i === 0 ? (own?.note ?? '') : '',
      };
    });
  }

  #medium(ref: Reference, path: string, one: Item, ranged: z.infer<typeof timeRange>): CutMedia {
    const told = ownReference.safeParse(ref.metadata?.[OWN]).data;
    const available = ref.available_range;
    const rate = standard(available?.duration.rate ?? ranged.start_time.rate);
    const first = available ? nearestFrame(seconds(available.start_time), rate) : 0;
    const used = nearestFrame(add(seconds(ranged.start_time), seconds(ranged.duration)), rate);
    const known = this.media.get(path);
    const media: CutMedia = {
      id: known?.id ?? `media-${this.media.size + 1}`,
      name: fileNameOf(path) || one.name || 'clip',
      path,
      rate,
      frames: available
        ? nearestFrame(seconds(available.duration), rate)
        : Math.max(known?.frames ?? 0, used),
      width: told?.width ?? this.#size.width,
      height: told?.height ?? this.#size.height,
      timecode:
        told && told.timecode === null ? null : { frames: first, drop: told?.timecode?.drop ?? false },
      reel: told?.reel ?? null,
      sound: told ? told.sound : this.#heard ? { channels: 2, sampleRate: 48_000 } : null,
    };
    this.media.set(path, media);
    return media;
  }
}

function wordsOf({ name, comment, color, metadata }: z.infer<typeof marker>): Omit<CutMarker, 'at'> {
  const own = ownMarker.safeParse(metadata?.[OWN]).data;
  const note = comment || (resolveNote.safeParse(metadata).data?.Resolve_OTIO.Note ?? '');
  const called = typeof color === 'object' ? color?.name : color;
  return { name: name ?? '', note, colour: own ? own.colour : colourNamed(called ?? '') };
}

const minus = (a: Exact, b: Exact) => add(a, exact(-b.num, b.den));
const atLeastZero = (time: Exact) => (time.num < 0n ? exact(0n) : time);
