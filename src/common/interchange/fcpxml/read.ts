/** Reads Final Cut Pro's XML of any version: the spine, what is connected to it, auditions. */
import { AppError } from '../../errors.ts';
import type { Rational } from '../../media.ts';
import { add, compare, type Exact, exact, nearestFrame, subtract, ZERO } from '../../time/exact.ts';
import { rational, sameRational } from '../../time/rational.ts';
import type { CutMarker, CutMedia, ReadCut } from '../cut.ts';
import { fileNameOf, fromFileUrl } from '../file-url.ts';
import { flattened, type LaidClip } from '../tracks.ts';
import { childOf, type Element, elementsOf, everyElement, readXml, textIn } from '../xml.ts';
import { parseSeconds, rateOfFormat } from './times.ts';
import { NUMBER, PICTURE, REEL, SHOT } from './write.ts';

const DOING = 'reading a Final Cut Pro XML file';
const HINT = 'Give a project as Final Cut Pro or Resolve export it (.fcpxml).';
const refuse = (why: string) => new AppError('usage', why, { doing: DOING, hint: HINT });

/** @throws AppError usage for a text that is no timeline */
export function readFcpxml(text: string): ReadCut {
  const root = readXml(text, DOING, HINT);
  if (root.name !== 'fcpxml') throw refuse(`this is no such file: it holds a ${root.name}`);
  const projects = [...everyElement(root)].filter(({ name }) => name === 'project');
  const sequences = projects.flatMap((one) => elementsOf(one, 'sequence'));
  const [sequence] = sequences;
  if (!sequence) throw refuse('the file holds no project with a timeline');
  const losses = new Set<string>();
  if (sequences.length > 1) losses.add('of several projects the first is read');
  const reader = new Reader(root, sequence, losses);
  const { items, hides } = flattened(reader.tracks(), reader.rate);
  if (items.length === 0) throw refuse('there is no clip on its timeline');
  if (hides) losses.add('of pictures that lie over each other the uppermost is kept');
  const { rate, size, start } = reader;
  const [project] = projects.filter((one) => elementsOf(one, 'sequence').includes(sequence));
  return {
    cut: {
      name: project?.attributes.name || 'Timeline',
      rate,
      start: { frames: nearestFrame(start, rate), drop: sequence.attributes.tcFormat === 'DF' },
      ...size,
      media: Object.fromEntries([...reader.media.values()].map((one) => [one.id, one])),
      items,
      markers: reader.markers,
    },
    losses: [...losses],
  };
}

interface Format {
  readonly rate: Rational | null;
  readonly width: number | null;
  readonly height: number | null;
}

interface Laid extends LaidClip {
  readonly lane: number;
}

/** Clips that hold what they show. */
const HOLDERS = ['clip', 'sync-clip'];
const LEFT_OUT: Readonly<Record<string, string>> = {
  title: 'titles are left out',
  'ref-clip': 'compound clips are left out',
  'mc-clip': 'multicam clips are left out',
  'live-drawing': 'drawings are left out',
  caption: 'captions are left out',
  audio: 'sound that is laid under the picture is left out',
};

class Reader {
  readonly media = new Map<string, CutMedia>();
  readonly rate: Rational;
  readonly size: { readonly width: number; readonly height: number };
  /** Seconds that stand for the first frame. */
  readonly start: Exact;
  readonly #sequence: Element;
  readonly #formats: ReadonlyMap<string, Format>;
  readonly #assets: ReadonlyMap<string, Element>;
  readonly #losses: Set<string>;
  /** Those that lie over no picture. */
  readonly markers: CutMarker[] = [];
  #laid: Laid[] = [];

  constructor(root: Element, sequence: Element, losses: Set<string>) {
    const all = [...everyElement(root)];
    const byId = (name: string) =>
      new Map(all.filter((one) => one.name === name).map((one) => [one.attributes.id ?? '', one]));
    this.#formats = new Map([...byId('format')].map(([id, one]) => [id, formatOf(one)]));
    this.#assets = byId('asset');
    this.#sequence = sequence;
    this.#losses = losses;
    const format = this.#formats.get(sequence.attributes.format ?? '');
    this.rate = format?.rate ?? rational(24);
    this.size = { width: format?.width ?? 1920, height: format?.height ?? 1080 };
    this.start = parseSeconds(sequence.attributes.tcStart) ?? ZERO;
  }

  /** From the lowest lane up. */
  tracks(): LaidClip[][] {
    this.#laid = [];
    const spine = childOf(this.#sequence, 'spine');
    if (spine) this.#spine(spine, this.start, this.start, 0);
    const lanes = [...new Set(this.#laid.map(({ lane }) => lane))].sort((a, b) => a - b);
    return lanes.map((lane) => this.#laid.filter((one) => one.lane === lane));
  }

  /**
   * @param origin where the spine's own time is, as its children say it
   * @param begins the same on the timeline
   */
  #spine(spine: Element, origin: Exact, begins: Exact, lane: number): void {
    let running = origin;
    for (const child of elementsOf(spine)) {
      if (child.name === 'transition') {
        this.#losses.add('dissolves and wipes are read as cuts');
        continue;
      }
      const offset = parseSeconds(child.attributes.offset) ?? running;
      const at = add(begins, subtract(offset, origin));
      const lasts = this.#item(child, at, lane);
      running = add(offset, lasts);
    }
  }

  /** Lays an item and what is connected to it. Gives back how long it lasts. */
  #item(one: Element, at: Exact, lane: number): Exact {
    if (one.name === 'audition') {
      const children = elementsOf(one);
      let lasts = ZERO;
      // Another picture is as long as the one that is seen, so that they stay alternatives of one clip.
      for (const [i, child] of children.entries()) {
        const own = this.#lay(child, at, lane, i === 0, i === 0 ? undefined : lasts);
        if (i === 0) lasts = own;
      }
      const [first] = children;
      if (first) this.#connected(first, at, lane);
      return lasts;
    }
    const lasts = this.#lay(one, at, lane, true);
    this.#connected(one, at, lane);
    return lasts;
  }

  #connected(parent: Element, at: Exact, lane: number): void {
    const origin = parseSeconds(parent.attributes.start) ?? this.#firstTime(parent);
    for (const child of elementsOf(parent)) {
      const own = Number(child.attributes.lane ?? Number.NaN);
      if (!Number.isInteger(own)) continue;
      const offset = parseSeconds(child.attributes.offset) ?? origin;
      const placed = add(at, subtract(offset, origin));
      if (child.name === 'spine') this.#spine(child, ZERO, placed, lane + own);
      else this.#item(child, placed, lane + own);
    }
  }

  #lay(one: Element, at: Exact, lane: number, enabled: boolean, lasting?: Exact): Exact {
    const lasts = parseSeconds(one.attributes.duration) ?? this.#ownLength(one);
    if (one.name === 'gap') {
      const begin = nearestFrame(subtract(at, this.start), this.rate);
      const frames = nearestFrame(subtract(add(at, lasts), this.start), this.rate) - begin;
      const origin = parseSeconds(one.attributes.start) ?? ZERO;
      for (const mark of this.#markers(one, origin, frames))
        this.markers.push({ ...mark, at: begin + mark.at });
    }
    if (one.name === 'gap' || one.name === 'spine') return lasts;
    const told = LEFT_OUT[one.name];
    if (told !== undefined) {
      this.#losses.add(told);
      return lasts;
    }
    const shown = this.#shown(one);
    if (!shown) {
      if (one.name === 'asset-clip' || one.name === 'video' || HOLDERS.includes(one.name))
        this.#losses.add(`${one.attributes.name || 'a clip'} shows no file and is left out`);
      return lasts;
    }
    this.#tellOfTime(one, shown.media.rate);
    const begin = nearestFrame(subtract(at, this.start), this.rate);
    const end = nearestFrame(subtract(add(at, lasting ?? lasts), this.start), this.rate);
    if (end <= begin) return lasts;
    const start = parseSeconds(one.attributes.start) ?? this.#firstTime(one);
    const name = one.attributes.name || shown.media.name;
    const number = metaOf(one, NUMBER);
    this.#laid.push({
      ...{ at: begin, frames: end - begin, lane },
      name: metaOf(one, SHOT) ?? name,
      source: {
        media: shown.media.id,
        name: metaOf(one, PICTURE) ?? shown.media.name,
        from: shown.from,
      },
      enabled: enabled && one.attributes.enabled !== '0',
      note: textIn(one, 'note') ?? '',
      markers: this.#markers(one, start, end - begin),
      ...(number === undefined ? {} : { order: Number(number) }),
    });
    return lasts;
  }

  #markers(one: Element, start: Exact, frames: number): CutMarker[] {
    return elementsOf(one).flatMap(({ name, attributes }) => {
      if (name !== 'marker' && name !== 'chapter-marker') return [];
      const time = parseSeconds(attributes.start);
      const at = time ? nearestFrame(subtract(time, start), this.rate) : -1;
      // Final Cut keeps markers of parts that were cut away.
      if (at < 0 || at >= frames) return [];
      return [{ at, name: attributes.value ?? '', note: attributes.note ?? '', colour: null }];
    });
  }

  #tellOfTime(one: Element, rate: Rational): void {
    if (childOf(one, 'timeMap')) this.#losses.add('changes of speed are left out');
    const conform = childOf(one, 'conform-rate');
    if (conform && conform.attributes.scaleEnabled !== '0' && !sameRational(rate, this.rate))
      this.#losses.add(
        'a clip of another rate that was slowed or sped up to the timeline runs at its own speed',
      );
  }

  /** The file that an item shows, and the seconds in it at which the item begins. */
  #shown(one: Element): { media: CutMedia; from: Exact } | null {
    if (HOLDERS.includes(one.name)) {
      const inner = elementsOf(one).flatMap((child) =>
        child.name === 'spine' && child.attributes.lane === undefined ? elementsOf(child) : [child],
      );
      const video = inner.find(
        (child) =>
          ['video', 'asset-clip', 'clip'].includes(child.name) && child.attributes.lane === undefined,
      );
      if (!video) return null;
      const within = this.#shown(video);
      if (!within) return null;
      const start = parseSeconds(one.attributes.start) ?? ZERO;
      const offset = parseSeconds(video.attributes.offset) ?? ZERO;
      return { ...within, from: notNegative(add(within.from, subtract(start, offset))) };
    }
    if (!['asset-clip', 'video'].includes(one.name)) return null;
    const asset = this.#assets.get(one.attributes.ref ?? '');
    const media = asset && this.#medium(asset, one);
    if (!media) return null;
    const first = parseSeconds(asset.attributes.start) ?? ZERO;
    const start = parseSeconds(one.attributes.start) ?? first;
    return { media, from: notNegative(subtract(start, first)) };
  }

  /** Of an item that does not say where it begins. */
  #firstTime(one: Element): Exact {
    const asset = this.#assets.get(one.attributes.ref ?? '');
    return parseSeconds(asset?.attributes.start) ?? ZERO;
  }

  #ownLength(one: Element): Exact {
    const asset = this.#assets.get(one.attributes.ref ?? '');
    return parseSeconds(asset?.attributes.duration) ?? ZERO;
  }

  #medium(asset: Element, clip: Element): CutMedia | null {
    const { attributes } = asset;
    if (attributes.hasVideo !== '1') return null;
    const url = childOf(asset, 'media-rep')?.attributes.src ?? attributes.src;
    const path = url === undefined ? null : fromFileUrl(url);
    if (!path || fileNameOf(path) === '') return null;
    const known = this.media.get(path);
    if (known) return known;
    const format =
      this.#formats.get(attributes.format ?? '') ?? this.#formats.get(clip.attributes.format ?? '');
    const rate = format?.rate ?? this.rate;
    const first = nearestFrame(parseSeconds(attributes.start) ?? ZERO, rate);
    const one: CutMedia = {
      id: `media-${this.media.size + 1}`,
      name: fileNameOf(path),
      path,
      rate,
      frames: Math.max(1, nearestFrame(parseSeconds(attributes.duration) ?? ZERO, rate)),
      width: format?.width ?? this.size.width,
      height: format?.height ?? this.size.height,
      timecode: first === 0 ? null : { frames: first, drop: clip.attributes.tcFormat === 'DF' },
      reel: metaOf(asset, REEL) ?? null,
      sound:
        attributes.hasAudio === '1'
          ? {
              channels: Number(attributes.audioChannels ?? 2),
              sampleRate: Number(attributes.audioRate ?? 48_000),
            }
          : null,
    };
    this.media.set(path, one);
    return one;
  }
}

function formatOf({ attributes: { frameDuration, name, width, height } }: Element): Format {
  const side = (text: string | undefined) => (text === undefined ? null : Number(text) || null);
  return { rate: rateOfFormat(frameDuration, name), width: side(width), height: side(height) };
}

function metaOf(one: Element, key: string): string | undefined {
  const found = elementsOf(childOf(one, 'metadata') ?? one, 'md').find(
    ({ attributes }) => attributes.key === key,
  );
  return found?.attributes.value;
}

const notNegative = (time: Exact) => (compare(time, ZERO) < 0 ? exact(0n) : time);
