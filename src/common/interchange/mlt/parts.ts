/** What MLT's XML is made of, whichever program reads it. Frames count at the profile's rate; an `out` is the last frame. */
import { nearestFrame } from '../../time/exact.ts';
import { type Cut, type CutMarker, type CutMedia, mediaLength } from '../cut.ts';
import type { LaidClip, Track } from '../tracks.ts';
import { type Element, element } from '../xml.ts';

/** Of the framework whose files these look like. */
export const MLT_VERSION = '7.12.0';

export function property(name: string, value: string | number): Element {
  return element('property', { name }, value);
}

export function profileOf({ rate, width, height }: Cut): Element {
  const divisor = common(width, height);
  return element('profile', {
    ...{ width, height, progressive: 1, colorspace: 709 },
    ...{ sample_aspect_num: 1, sample_aspect_den: 1 },
    ...{ display_aspect_num: width / divisor, display_aspect_den: height / divisor },
    ...{ frame_rate_num: rate.num, frame_rate_den: rate.den },
  });
}

function common(a: number, b: number): number {
  return b === 0 ? a : common(b, a % b);
}

/** At the cut's rate, at which a clip of another one plays in its own time. */
function lengthOf(cut: Cut, media: CutMedia): number {
  return Math.max(1, nearestFrame(mediaLength(media), cut.rate));
}

/** A file. `sees` and `hears` switch its picture and sound on. */
export function producerOf(
  cut: Cut,
  media: CutMedia,
  {
    id,
    sees = true,
    hears = true,
  }: { readonly id: string; readonly sees?: boolean; readonly hears?: boolean },
  ...more: readonly Element[]
): Element {
  const length = lengthOf(cut, media);
  return element(
    'producer',
    { id, in: 0, out: length - 1 },
    property('length', length),
    property('eof', 'pause'),
    property('resource', media.path),
    property('mlt_service', 'avformat-novalidate'),
    property('seekable', 1),
    property('meta.media.frame_rate_num', media.rate.num),
    property('meta.media.frame_rate_den', media.rate.den),
    property('meta.media.width', media.width),
    property('meta.media.height', media.height),
    ...(sees ? [] : [property('set.test_image', 1), property('video_index', -1)]),
    ...(hears && media.sound ? [] : [property('set.test_audio', 1), property('audio_index', -1)]),
    ...more,
  );
}

/** Clips and the blanks between them. */
export function entriesOf(
  cut: Cut,
  track: Track,
  producer: (clip: LaidClip) => string,
  more: (clip: LaidClip) => readonly Element[] = () => [],
): Element[] {
  const entries: Element[] = [];
  let end = 0;
  for (const clip of track) {
    const { at, frames, source } = clip;
    if (at > end) entries.push(element('blank', { length: at - end }));
    const from = nearestFrame(source.from, cut.rate);
    entries.push(
      element('entry', { producer: producer(clip), in: from, out: from + frames - 1 }, ...more(clip)),
    );
    end = at + frames;
  }
  return entries;
}

/** Black that nothing above it hides. */
export function blackOf(id: string, frames: number): Element {
  return element(
    'producer',
    { id, in: 0, out: frames - 1 },
    property('length', frames),
    property('eof', 'pause'),
    property('resource', 'black'),
    property('mlt_service', 'color'),
    property('mlt_image_format', 'rgba'),
    property('set.test_audio', 0),
  );
}

/** Sounds of two tracks are added. */
export function mixOf(below: number, above: number): Element {
  return element(
    'transition',
    {},
    property('a_track', below),
    property('b_track', above),
    property('mlt_service', 'mix'),
    property('always_active', 1),
    property('sum', 1),
    property('internal_added', 237),
  );
}

/** The picture above hides what is below. */
export function blendOf(below: number, above: number): Element {
  return element(
    'transition',
    {},
    property('a_track', below),
    property('b_track', above),
    property('mlt_service', 'qtblend'),
    property('always_active', 1),
    property('internal_added', 237),
  );
}

/** What a marker says, in one text. */
export const textOf = ({ name, note }: CutMarker) => (note === '' ? name : `${name}: ${note}`);
