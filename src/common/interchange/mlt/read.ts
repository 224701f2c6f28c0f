/** Reads MLT's XML as Shotcut, Kdenlive and the framework itself write it: tracks of files. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Rational } from '../../media.ts';
import { framesLast, nearestFrame } from '../../time/exact.ts';
import { rational } from '../../time/rational.ts';
import type { CutMarker, CutMedia, ReadCut } from '../cut.ts';
import { fileNameOf, fromFileUrl } from '../file-url.ts';
import { colourOfHex } from '../markers.ts';
import { flattened, type LaidClip } from '../tracks.ts';
import { childOf, type Element, elementsOf, readXml } from '../xml.ts';
import { PICTURE, SHOT } from './shotcut.ts';

const DOING = 'reading an MLT file';
const HINT = 'Give a project of Shotcut (.mlt) or Kdenlive (.kdenlive).';
const refuse = (why: string) => new AppError('usage', why, { doing: DOING, hint: HINT });

/** @throws AppError usage for a text that is no timeline */
export function readMlt(text: string): ReadCut {
  const root = readXml(text, DOING, HINT);
  if (root.name !== 'mlt') throw refuse(`this is no such file: it holds a ${root.name}`);
  const profile = childOf(root, 'profile')?.attributes ?? {};
  const whole = (value: string | undefined, usual: number) => Math.max(1, Math.round(Number(value)) || usual);
  const rate = rational(whole(profile.frame_rate_num, 25), whole(profile.frame_rate_den, 1));
  const size = { width: whole(profile.width, 1920), height: whole(profile.height, 1080) };
  const reader = new Reader(root, rate, size);
  const tractor = reader.timeline();
  if (!tractor) throw refuse('the file holds no timeline');
  const { items, hides } = flattened(reader.tracks(tractor), rate);
  if (items.length === 0) throw refuse('there is no clip in its picture tracks');
  if (hides) reader.losses.add('of pictures that lie over each other the uppermost is kept');
  const name = propertyOf(tractor, 'kdenlive:clipname');
  return {
    cut: {
      name: name || 'Timeline',
      rate,
      start: { frames: 0, drop: false },
      ...size,
      media: Object.fromEntries([...reader.media.values()].map((one) => [one.id, one])),
      items,
      markers: reader.markers(tractor),
    },
    losses: [...reader.losses],
  };
}

function propertyOf(one: Element, name: string): string | undefined {
  const found = elementsOf(one, 'property').find(({ attributes }) => attributes.name === name);
  return found?.children.filter((child) => typeof child === 'string').join('');
}

/** Services that show files. */
const FILES = /^(avformat|qimage|pixbuf|ffmpeg)/;
const NAMED_SPEED = /^-?[\d.]+:/;

class Reader {
  readonly media = new Map<string, CutMedia>();
  readonly losses = new Set<string>();
  readonly #root: Element;
  readonly #rate: Rational;
  readonly #size: { readonly width: number; readonly height: number };
  readonly #byId: ReadonlyMap<string, Element>;

  constructor(root: Element, rate: Rational, size: { width: number; height: number }) {
    this.#root = root;
    this.#rate = rate;
    this.#size = size;
    this.#byId = new Map(elementsOf(root).map((one) => [one.attributes.id ?? '', one]));
  }

  /** Of several the one that the program shows, else the last: those before are its parts. */
  timeline(): Element | undefined {
    const tractors = elementsOf(this.#root, 'tractor');
    const project = tractors.find((one) => propertyOf(one, 'kdenlive:projectTractor') === '1');
    const inside = project && childOf(project, 'track')?.attributes.producer;
    return (
      (inside === undefined ? undefined : this.#byId.get(inside)) ??
      tractors.find((one) => propertyOf(one, 'shotcut') === '1') ??
      tractors.at(-1) ??
      elementsOf(this.#root, 'playlist').at(-1)
    );
  }

  /** From the lowest up. */
  tracks(one: Element, hidden = false): LaidClip[][] {
    if (one.name === 'playlist') return [this.#clips(one, !hidden)];
    return elementsOf(one, 'track').flatMap(({ attributes: { producer = '', hide } }) => {
      const track = this.#byId.get(producer);
      // Tracks of sound alone.
      if (!track || hide === 'video') return [];
      if (track.name === 'playlist' || track.name === 'tractor')
        return this.tracks(track, hidden || hide === 'both');
      return [];
    });
  }

  #clips(playlist: Element, enabled: boolean): LaidClip[] {
    const clips: LaidClip[] = [];
    let at = 0;
    for (const { name, attributes } of elementsOf(playlist)) {
      if (name === 'blank') at += this.#frames(attributes.length) ?? 0;
      if (name !== 'entry') continue;
      const producer = this.#byId.get(attributes.producer ?? '');
      const from = this.#frames(attributes.in) ?? this.#frames(producer?.attributes.in) ?? 0;
      const last = this.#frames(attributes.out) ?? this.#frames(producer?.attributes.out) ?? from - 1;
      const frames = last - from + 1;
      const media = producer && this.#medium(producer);
      if (media && frames > 0)
        clips.push({
          ...{ at, frames, enabled, markers: [] },
          name:
            propertyOf(producer, SHOT) ??
            (this.#captionOf(producer, media) || media.name.replace(/\.[^.]*$/, '')),
          note: propertyOf(producer, 'shotcut:comment') ?? '',
          source: {
            media: media.id,
            name: propertyOf(producer, PICTURE) ?? media.name,
            from: framesLast(from, this.#rate),
          },
        });
      at += Math.max(0, frames);
    }
    return clips;
  }

  /** What an artist called a clip in Shotcut, where it is not its file's name. */
  #captionOf(producer: Element, media: CutMedia): string {
    const caption = propertyOf(producer, 'shotcut:caption') ?? '';
    return caption === media.name ? '' : caption;
  }

  /** Frames, or a time on the clock. */
  #frames(text: string | undefined): number | undefined {
    if (text === undefined) return undefined;
    const clock = /^(?:(\d+):)?(\d+):(\d+)(?:[.,](\d+))?$/.exec(text);
    if (!clock) return Math.round(Number(text)) || 0;
    const [, hours = '0', minutes, seconds, part = '0'] = clock;
    const time = Number(hours) * 3600 + Number(minutes) * 60 + Number(`${seconds}.${part}`);
    return Math.round((time * this.#rate.num) / this.#rate.den);
  }

  #medium(producer: Element): CutMedia | null {
    const service = propertyOf(producer, 'mlt_service') ?? '';
    if (producer.name === 'tractor' || producer.name === 'playlist') {
      this.losses.add('timelines within the timeline are left out');
      return null;
    }
    const warped = service === 'timewarp';
    if (warped) this.losses.add('changes of speed are left out');
    if (elementsOf(producer, 'filter').length > 0) this.losses.add('effects are left out');
    const resource = propertyOf(producer, warped ? 'warp_resource' : 'resource') ?? '';
    if (!warped && !FILES.test(service)) {
      if (resource !== 'black' && resource !== '#00000000')
        this.losses.add('titles, colours and generators are left out');
      return null;
    }
    const path = this.#place(fromFileUrl(warped ? resource : resource.replace(NAMED_SPEED, '')) ?? '');
    if (fileNameOf(path) === '') return null;
    const known = this.media.get(path);
    const number = (name: string) => Number(propertyOf(producer, `meta.media.${name}`)) || null;
    const [num, den] = [number('frame_rate_num'), number('frame_rate_den')];
    const rate = num && den ? rational(num, den) : this.#rate;
    const length = this.#frames(propertyOf(producer, 'length')) ?? 1;
    const heard =
      propertyOf(producer, 'audio_index') !== '-1' && propertyOf(producer, 'set.test_audio') !== '1';
    const one: CutMedia = {
      id: known?.id ?? `media-${this.media.size + 1}`,
      name: fileNameOf(path),
      path,
      rate,
      frames: Math.max(known?.frames ?? 1, nearestFrame(framesLast(length, this.#rate), rate)),
      width: number('width') ?? this.#size.width,
      height: number('height') ?? this.#size.height,
      timecode: null,
      reel: null,
      sound: known?.sound ?? (heard ? { channels: 2, sampleRate: 48_000 } : null),
    };
    this.media.set(path, one);
    return one;
  }

  /** Paths may be seen from the project's folder. */
  #place(path: string): string {
    const { root } = this.#root.attributes;
    return root === undefined || path === '' || /^([/\\]|[A-Za-z]:)/.test(path) ? path : `${root}/${path}`;
  }

  markers(tractor: Element): CutMarker[] {
    const guides = propertyOf(tractor, 'kdenlive:sequenceproperties.guides');
    if (guides) return guidesIn(guides, this.#categories());
    const kept = elementsOf(tractor, 'properties').find(
      ({ attributes }) => attributes.name === 'shotcut:markers',
    );
    return (kept ? elementsOf(kept, 'properties') : []).map((one) => ({
      at: this.#frames(propertyOf(one, 'start')) ?? 0,
      name: propertyOf(one, 'text') ?? '',
      note: '',
      colour: colourOfHex(propertyOf(one, 'color') ?? ''),
    }));
  }

  /** Colours of guides, by their number. */
  #categories(): ReadonlyMap<number, string> {
    const bin = elementsOf(this.#root, 'playlist').find(({ attributes }) => attributes.id === 'main_bin');
    const text = bin && propertyOf(bin, 'kdenlive:docproperties.guidesCategories');
    const found = category.array().safeParse(parsed(text)).data ?? [];
    return new Map(found.map(({ index, color }) => [index, color]));
  }
}

const category = z.object({ index: z.int(), color: z.string() });
const guide = z.object({ comment: z.string().default(''), pos: z.int(), type: z.int().default(0) });

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}

function guidesIn(text: string, categories: ReadonlyMap<number, string>): CutMarker[] {
  const found = z.array(z.unknown()).safeParse(parsed(text)).data ?? [];
  return found.flatMap((one) => {
    const { success, data } = guide.safeParse(one);
    if (!success) return [];
    const { comment: name, pos: at, type } = data;
    return [{ at, name, note: '', colour: colourOfHex(categories.get(type) ?? '') }];
  });
}
