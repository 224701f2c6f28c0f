/**
 * Final Cut Pro's XML. Takes are an audition, of which the first is seen; Resolve reads none, so for it what is not shown lies
 * disabled above what is. Versions 1.10 to 1.13 hold all of it alike.
 */
import type { Rational } from '../../media.ts';
import { add, type Exact, exact, frameAt, framesLast } from '../../time/exact.ts';
import { sameRational, toNumber } from '../../time/rational.ts';
import {
  type Cut,
  type CutClip,
  type CutMarker,
  type CutMedia,
  type CutSource,
  cutLength,
  mediaLength,
  placedItems,
  shownSource,
  type WrittenCut,
} from '../cut.ts';
import { toFileUrl } from '../file-url.ts';
import type { FcpxmlVersion } from '../formats.ts';
import { markersOf } from '../markers.ts';
import { type Element, element, writeXml } from '../xml.ts';
import { secondsText } from './times.ts';

export type FcpxmlProfile = 'auditions' | 'lanes';

/** What the format has no place for, in the metadata of a clip. */
export const SHOT = 'app.retake.shot';
export const PICTURE = 'app.retake.picture';
export const NUMBER = 'app.retake.number';
export const REEL = 'com.apple.proapps.studio.reel';

/** Where gaps begin, by Final Cut's own habit. */
const GAP_START = exact(3600n);
const SOUND_RATES: Readonly<Record<number, string>> = {
  32000: '32k',
  44100: '44.1k',
  48000: '48k',
  88200: '88.2k',
  96000: '96k',
  192000: '192k',
};

export function writeFcpxml(cut: Cut, profile: FcpxmlProfile, version: FcpxmlVersion = '1.10'): WrittenCut {
  const formats = new Formats();
  const sequence = formats.of(cut.rate, cut.width, cut.height);
  const media = Object.values(cut.media);
  const assets = media.map((one, i) => assetOf(one, `a${i + 1}`, formats));
  const ids = new Map(media.map((one, i) => [one.id, `a${i + 1}`]));
  const writer = new Writer(cut, ids, formats, profile);
  const start = framesLast(cut.start.frames, cut.rate);
  const losses = new Set<string>();
  const spine = [...placedItems(cut)].map(({ item, at }) => {
    const offset = secondsText(add(start, framesLast(at, cut.rate)));
    const duration = secondsText(framesLast(item.frames, cut.rate));
    // The format has markers on what they lie over alone.
    const over = cut.markers
      .filter((one) => one.at >= at && one.at < at + item.frames)
      .map((one) => ({ ...one, at: one.at - at }));
    if (item.kind === 'gap')
      return element(
        'gap',
        { name: 'Gap', offset, start: secondsText(GAP_START), duration },
        ...over.map((one) => markerOf(one, GAP_START, cut.rate)),
      );
    return writer.clip({ ...item, markers: [...item.markers, ...over] }, offset, duration);
  });
  if (cut.markers.some(({ at }) => at >= cutLength(cut)))
    losses.add('markers behind the end of the timeline are left out');
  if (markersOf(cut).some(({ colour }) => colour !== null)) losses.add('markers lose their colours');
  const heard = media.find(({ sound }) => sound)?.sound;
  const root = element(
    'fcpxml',
    { version },
    element('resources', {}, ...formats.elements(), ...assets),
    element(
      'event',
      { name: cut.name },
      element(
        'project',
        { name: cut.name },
        element(
          'sequence',
          {
            format: sequence,
            duration: secondsText(framesLast(cutLength(cut), cut.rate)),
            tcStart: secondsText(start),
            tcFormat: cut.start.drop ? 'DF' : 'NDF',
            audioLayout: heard
              ? heard.channels === 1
                ? 'mono'
                : heard.channels > 2
                  ? 'surround'
                  : 'stereo'
              : null,
            audioRate: heard ? (SOUND_RATES[heard.sampleRate] ?? '48k') : null,
          },
          element('spine', {}, ...spine),
        ),
      ),
    ),
  );
  return {
    text: writeXml(root, 'fcpxml'),
    losses: [...losses],
  };
}

class Formats {
  readonly #known: { id: string; rate: Rational; width: number; height: number }[] = [];

  of(rate: Rational, width: number, height: number): string {
    const found = this.#known.find(
      (one) => sameRational(one.rate, rate) && one.width === width && one.height === height,
    );
    if (found) return found.id;
    const id = `r${this.#known.length + 1}`;
    this.#known.push({ id, rate, width, height });
    return id;
  }

  elements(): Element[] {
    return this.#known.map(({ id, rate, width, height }) =>
      element('format', {
        ...{ id, width, height },
        frameDuration: secondsText(framesLast(1, rate)),
        colorSpace: '1-1-1 (Rec. 709)',
      }),
    );
  }
}

/** Times of media count from the label of its first frame. */
function firstTime({ timecode, rate }: CutMedia): Exact {
  return framesLast(timecode?.frames ?? 0, rate);
}

function assetOf(media: CutMedia, id: string, formats: Formats): Element {
  const { name, path, rate, width, height, sound, reel } = media;
  return element(
    'asset',
    {
      ...{ id, name },
      start: secondsText(firstTime(media)),
      duration: secondsText(mediaLength(media)),
      hasVideo: 1,
      format: formats.of(rate, width, height),
      hasAudio: sound && 1,
      videoSources: 1,
      audioSources: sound && 1,
      audioChannels: sound?.channels,
      audioRate: sound?.sampleRate,
    },
    element('media-rep', { kind: 'original-media', src: toFileUrl(path) }),
    reel !== null && element('metadata', {}, element('md', { key: REEL, value: reel })),
  );
}

class Writer {
  readonly #cut: Cut;
  readonly #ids: ReadonlyMap<string, string>;
  readonly #formats: Formats;
  readonly #profile: FcpxmlProfile;

  constructor(cut: Cut, ids: ReadonlyMap<string, string>, formats: Formats, profile: FcpxmlProfile) {
    this.#cut = cut;
    this.#ids = ids;
    this.#formats = formats;
    this.#profile = profile;
  }

  clip(item: CutClip, offset: string, duration: string): Element {
    const shown = shownSource(item);
    const others = item.sources.filter((source) => source !== shown);
    if (others.length === 0) return this.#piece(item, shown, { offset, duration });
    if (this.#profile === 'auditions')
      return element(
        'audition',
        { offset },
        this.#piece(item, shown, { duration }),
        ...others.map((source) => this.#piece(item, source, { duration })),
      );
    // What is connected lies in its parent's time.
    const within = secondsText(this.#begins(shown));
    const above = others.map((source, i) =>
      this.#piece(item, source, { offset: within, duration, lane: i + 1, enabled: 0 }),
    );
    return this.#piece(item, shown, { offset, duration }, above);
  }

  /** A frame of the media: the one that is seen first. */
  #begins(source: CutSource): Exact {
    const media = this.#cut.media[source.media]!;
    return add(firstTime(media), framesLast(frameAt(source.from, media.rate), media.rate));
  }

  #piece(
    item: CutClip,
    source: CutSource,
    place: Readonly<Record<string, string | number>>,
    above: readonly Element[] = [],
  ): Element {
    const { rate } = this.#cut;
    const media = this.#cut.media[source.media]!;
    const begins = this.#begins(source);
    const shown = source === shownSource(item);
    return element(
      'asset-clip',
      {
        ref: this.#ids.get(media.id)!,
        ...place,
        name: item.sources.length > 1 ? `${item.name} · ${source.name}` : item.name,
        start: secondsText(begins),
        format: this.#formats.of(media.rate, media.width, media.height),
        tcFormat: media.timecode?.drop ? 'DF' : 'NDF',
        audioRole: media.sound && 'dialogue',
      },
      shown && item.note !== '' && element('note', {}, item.note),
      !sameRational(media.rate, rate) &&
        element('conform-rate', { scaleEnabled: 0, srcFrameRate: conformed(media.rate) }),
      ...above,
      ...(shown ? item.markers.map((one) => markerOf(one, begins, rate)) : []),
      element(
        'metadata',
        {},
        element('md', { key: SHOT, value: item.name }),
        element('md', { key: PICTURE, value: source.name }),
        element('md', { key: NUMBER, value: item.sources.indexOf(source) }),
      ),
    );
  }
}

/** As the format lists them: "23.98", "29.97", "25". */
function conformed(rate: Rational): string | null {
  const text = `${Math.round(toNumber(rate) * 100) / 100}`;
  return [
    '23.98',
    '24',
    '25',
    '29.97',
    '30',
    '60',
    '47.95',
    '48',
    '50',
    '59.94',
    '90',
    '100',
    '119.88',
    '120',
  ].includes(text)
    ? text
    : null;
}

function markerOf({ at, name, note }: CutMarker, begins: Exact, rate: Rational): Element {
  return element('marker', {
    start: secondsText(add(begins, framesLast(at, rate))),
    duration: secondsText(framesLast(1, rate)),
    value: name,
    note: note === '' ? null : note,
  });
}
