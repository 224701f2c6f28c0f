/** Reads Final Cut Pro 7's XML, as Premiere, Resolve, Hiero and others write it. */
import { AppError } from '../../errors.ts';
import type { Rational } from '../../media.ts';
import { add, exact, framesLast, nearestFrame } from '../../time/exact.ts';
import { rational } from '../../time/rational.ts';
import { nominalRate, parseTimecode, type Timecode } from '../../time/timecode.ts';
import type { CutMarker, CutMedia, ReadCut } from '../cut.ts';
import { fileNameOf, fromFileUrl } from '../file-url.ts';
import { flattened, type LaidClip } from '../tracks.ts';
import { childOf, type Element, elementsOf, everyElement, readXml, textIn } from '../xml.ts';

const DOING = 'reading a Final Cut Pro 7 XML file';
const HINT = 'Give a sequence as Premiere or Resolve export it (.xml).';

const refuse = (why: string) => new AppError('usage', why, { doing: DOING, hint: HINT });

/** @throws AppError usage for a text that is no sequence */
export function readXmeml(text: string): ReadCut {
  const root = readXml(text, DOING, HINT);
  if (root.name !== 'xmeml') throw refuse(`this is no such file: it holds a ${root.name}`);
  const sequences = [...everyElement(root)].filter(
    (one) => one.name === 'sequence' && childOf(one, 'media', 'video') !== undefined,
  );
  const [sequence] = sequences;
  if (!sequence) throw refuse('the file holds no sequence');
  const rate = rateIn(sequence) ?? rational(25);
  const losses = new Set<string>();
  // Sequences inside others are counted too.
  const clipped = new Set(
    [...everyElement(root)]
      .filter(({ name }) => name === 'clipitem')
      .flatMap((one) => elementsOf(one, 'sequence')),
  );
  if (sequences.filter((one) => !clipped.has(one)).length > 1)
    losses.add('of several sequences the first is read');
  const video = childOf(sequence, 'media', 'video')!;
  const characteristics = childOf(video, 'format', 'samplecharacteristics');
  const size = {
    width: whole(textIn(characteristics, 'width')) ?? 1920,
    height: whole(textIn(characteristics, 'height')) ?? 1080,
  };
  const reader = new Reader(root, rate, size, losses);
  const tracks = elementsOf(video, 'track').map((track) => reader.track(track));
  const { items, hides } = flattened(tracks, rate);
  if (items.length === 0) throw refuse('there is no clip in its picture tracks');
  if (hides) losses.add('of pictures that lie over each other the uppermost is kept');
  const media = Object.fromEntries([...reader.media.values()].map((one) => [one.id, one]));
  return {
    cut: {
      name: textIn(sequence, 'name') || 'Timeline',
      rate,
      start: timecodeIn(sequence, rate) ?? { frames: 0, drop: false },
      ...size,
      media,
      items,
      markers: elementsOf(sequence, 'marker').map((one) => markerOf(one, 0)),
    },
    losses: [...losses],
  };
}

/** A negative one is kept: it stands for what a transition says. */
function whole(text: string | undefined): number | null {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? Math.round(value) : null;
}

function rateIn(parent: Element | undefined): Rational | null {
  const timebase = whole(textIn(parent, 'rate', 'timebase'));
  if (timebase === null || timebase <= 0) return null;
  return /true/i.test(textIn(parent, 'rate', 'ntsc') ?? '')
    ? rational(timebase * 1000, 1001)
    : rational(timebase);
}

function timecodeIn(parent: Element, own: Rational): Timecode | null {
  const found = childOf(parent, 'timecode');
  if (!found) return null;
  const rate = rateIn(found) ?? own;
  const drop = textIn(found, 'displayformat') === 'DF';
  const label = textIn(found, 'string');
  const parsed = label ? parseTimecode(drop ? label.replace(/:(\d+)$/, ';$1') : label, rate) : null;
  const frames = parsed?.frames ?? whole(textIn(found, 'frame'));
  if (frames === null) return null;
  const scaled = Math.round((frames * nominalRate(own)) / nominalRate(rate));
  return { frames: scaled, drop: parsed?.drop ?? drop };
}

function markerOf(one: Element, from: number): CutMarker {
  const at = Math.max(0, (whole(textIn(one, 'in')) ?? 0) - from);
  return { at, name: textIn(one, 'name') ?? '', note: textIn(one, 'comment') ?? '', colour: null };
}

interface Place {
  readonly item: Element;
  start: number;
  end: number;
  /** Frames of the sequence after which the picture begins that `in` names. */
  later: number;
}

class Reader {
  readonly media = new Map<string, CutMedia>();
  readonly #rate: Rational;
  readonly #size: { readonly width: number; readonly height: number };
  readonly #losses: Set<string>;
  /** Files are told whole once, and named by their id from then on. */
  readonly #files: ReadonlyMap<string, Element>;

  constructor(root: Element, rate: Rational, size: { width: number; height: number }, losses: Set<string>) {
    this.#rate = rate;
    this.#size = size;
    this.#losses = losses;
    const files = new Map<string, Element>();
    for (const one of everyElement(root)) {
      const { id } = one.attributes;
      if (one.name === 'file' && id !== undefined && (one.children.length > 0 || !files.has(id)))
        files.set(id, one);
    }
    this.#files = files;
  }

  track(track: Element): LaidClip[] {
    const on = !/false/i.test(textIn(track, 'enabled') ?? '');
    return this.#places(track).flatMap((place) => {
      const clip = this.#clip(place);
      return clip ? [{ ...clip, enabled: clip.enabled && on }] : [];
    });
  }

  /** Where a transition stands between two clips, they are cut in its middle. */
  #places(track: Element): Place[] {
    const places: Place[] = [];
    let middle: number | null = null;
    for (const item of elementsOf(track)) {
      if (item.name === 'transitionitem') {
        this.#losses.add('dissolves and wipes are read as cuts');
        const [from, to] = [whole(textIn(item, 'start')), whole(textIn(item, 'end'))];
        middle = from === null || to === null ? null : Math.floor((from + to) / 2);
        const last = places.at(-1);
        if (last && middle !== null) last.end = Math.max(last.start, middle);
        continue;
      }
      if (item.name === 'generatoritem')
        this.#losses.add(`${textIn(item, 'name') || 'a title'} is no file and is left out`);
      if (item.name !== 'clipitem') continue;
      const length = this.#length(item);
      let start = whole(textIn(item, 'start')) ?? -1;
      let end = whole(textIn(item, 'end')) ?? -1;
      if (start < 0 && end >= 0) start = end - length;
      if (end < 0) end = start + length;
      const later = middle !== null && middle > start ? middle - start : 0;
      if (end > start + later) places.push({ item, start: start + later, end, later });
      middle = null;
    }
    return places;
  }

  /** Frames of the sequence between its in and out. */
  #length(item: Element): number {
    const [from, to] = [whole(textIn(item, 'in')) ?? 0, whole(textIn(item, 'out')) ?? 0];
    return nearestFrame(framesLast(to - from, rateIn(item) ?? this.#rate), this.#rate);
  }

  #clip({ item, start, end, later }: Place): LaidClip | null {
    const file = childOf(item, 'file');
    const media = file && this.#medium(file, item);
    const name = textIn(item, 'name') || 'a clip';
    if (!media) {
      const nested = childOf(item, 'sequence') !== undefined;
      this.#losses.add(
        nested ? `${name} is a sequence of its own and is left out` : `${name} shows no file and is left out`,
      );
      return null;
    }
    for (const { name: effect } of elementsOf(item))
      if (effect === 'filter') this.#losses.add('effects and changes of speed are left out');
    const rate = rateIn(item) ?? this.#rate;
    const begins = whole(textIn(item, 'in')) ?? 0;
    const from = add(framesLast(begins, rate), framesLast(later, this.#rate));
    const logged = childOf(item, 'logginginfo');
    return {
      ...{ at: start, frames: end - start },
      name: textIn(logged, 'scene') || name,
      source: {
        media: media.id,
        name: textIn(logged, 'shottake') || media.name,
        from: from.num < 0n ? exact(0n) : from,
      },
      enabled: !/false/i.test(textIn(item, 'enabled') ?? ''),
      note: textIn(logged, 'lognote') ?? '',
      markers: elementsOf(item, 'marker').map((one) => markerOf(one, begins + later)),
    };
  }

  #medium(reference: Element, item: Element): CutMedia | null {
    const { id = '' } = reference.attributes;
    const file = this.#files.get(id) ?? reference;
    const url = textIn(file, 'pathurl');
    const path = url ? fromFileUrl(url) : null;
    // Titles and slates are files without a place.
    if (!path || fileNameOf(path) === '') return null;
    const name = textIn(file, 'name') || fileNameOf(path);
    const known = this.media.get(path);
    const rate = rateIn(file) ?? rateIn(item) ?? this.#rate;
    const picture = childOf(file, 'media', 'video', 'samplecharacteristics');
    const heard = childOf(file, 'media', 'audio');
    const out = nearestFrame(framesLast(whole(textIn(item, 'out')) ?? 0, rateIn(item) ?? this.#rate), rate);
    const one: CutMedia = {
      id: known?.id ?? `media-${this.media.size + 1}`,
      name,
      path,
      rate,
      frames: whole(textIn(file, 'duration')) ?? Math.max(known?.frames ?? 0, out),
      width: whole(textIn(picture, 'width')) ?? this.#size.width,
      height: whole(textIn(picture, 'height')) ?? this.#size.height,
      timecode: timecodeIn(file, rate),
      reel: textIn(file, 'timecode', 'reel', 'name') || null,
      sound: heard
        ? {
            channels: whole(textIn(heard, 'channelcount')) ?? 2,
            sampleRate: whole(textIn(heard, 'samplecharacteristics', 'samplerate')) ?? 48_000,
          }
        : null,
    };
    this.media.set(path, one);
    return one;
  }
}
