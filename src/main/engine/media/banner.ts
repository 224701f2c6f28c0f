/** Reads what `ffmpeg -i` says about a file. Pure; tested on real banners. */
import type { AudioStream, Chapter, ColourTags, Rational } from '../../../common/media.ts';
import { parseRational } from '../../../common/time/rational.ts';
import { parseTrackNames, type TrackName } from './track-names.ts';

export interface VideoStream {
  readonly index: number;
  readonly codec: string;
  /** Four letters by which the container calls the codec. */
  readonly tag: string | null;
  /** Null where ffmpeg could not find out. */
  readonly pixelFormat: string | null;
  readonly colour: ColourTags;
  readonly width: number;
  readonly height: number;
  readonly sampleAspect: Rational;
  /** Clockwise degrees that turn the stored picture upright, any value in [0, 360). */
  readonly rotation: number;
  readonly attachedPicture: boolean;
  readonly alphaMode: boolean;
}

export interface Banner {
  readonly container: string;
  readonly durationSeconds: number | null;
  readonly videos: readonly VideoStream[];
  readonly audio: readonly AudioStream[];
  readonly timecode: string | null;
  readonly reel: string | null;
  readonly chapters: readonly Chapter[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Null where ffmpeg did not open the file as media. */
export function parseBanner(lines: readonly string[]): Banner | null {
  const start = lines.findIndex((line) => line.startsWith('Input #0, '));
  if (start < 0) return null;
  const container = /^Input #0, ([^ ]+), from /.exec(lines[start]!)?.[1] ?? 'unknown';
  const videos: Mutable<VideoStream>[] = [];
  const audio: AudioStream[] = [];
  let durationSeconds: number | null = null;
  let timecode: string | null = null;
  let reel: string | null = null;
  let current: Mutable<VideoStream> | null = null;
  const { tracks, chapters } = parseTrackNames(lines.slice(start + 1));
  for (const line of lines.slice(start + 1)) {
    if (/^(Output #|Stream mapping:|At least one output)/.test(line)) break;
    const duration = /^ {2}Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?),/.exec(line);
    if (duration) {
      durationSeconds = Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]);
    }
    const stream = /^ {2}Stream #0:(\d+)[^:]*: (\w+): (.*)$/.exec(line);
    if (stream) {
      const index = Number(stream[1]);
      current = stream[2] === 'Video' ? videoStream(index, stream[3]!) : null;
      if (current) videos.push(current);
      if (stream[2] === 'Audio') audio.push(audioStream(index, stream[3]!, tracks.get(index)));
      continue;
    }
    const rotation = /displaymatrix: rotation of (-?[\d.]+) degrees/.exec(line);
    if (rotation && current) current.rotation = (((-Number(rotation[1]) % 360) + 360) % 360) + 0;
    const field = /^\s+(timecode|reel_name|alpha_mode)\s*: (.*?)\s*$/i.exec(line);
    if (!field) continue;
    const name = field[1]!.toLowerCase();
    if (name === 'timecode') timecode ??= field[2]!;
    else if (name === 'reel_name') reel ??= field[2] || null;
    else if (current && field[2] === '1') current.alphaMode = true;
  }
  return { container, durationSeconds, videos, audio, timecode, reel, chapters };
}

/** Splits "a, b(c, d), e" at the commas outside brackets. */
function fields(detail: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of detail) {
    if ('(['.includes(letter)) depth += 1;
    if (')]'.includes(letter)) depth -= 1;
    if (letter === ',' && depth <= 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}

function videoStream(index: number, detail: string): Mutable<VideoStream> {
  const parts = fields(detail);
  const format = /^(\w+)(?:\((.*)\))?$/.exec(parts[1] ?? '');
  const sizeField = parts.find((part) => /^\d+x\d+\b/.test(part)) ?? '';
  const size = /^(\d+)x(\d+)/.exec(sizeField);
  // An aspect in a field of its own comes from the container and overrules the codec's.
  const aspect = parts.find((part) => part.startsWith('SAR ')) ?? sizeField;
  const sampleAspect = parseRational(/SAR (\d+:\d+)/.exec(aspect)?.[1] ?? '1');
  return {
    index,
    codec: /^\w+/.exec(parts[0]!)?.[0] ?? 'unknown',
    tag: /\(([^()\s]{4}) \/ 0x[0-9A-F]{8}\)/i.exec(parts[0]!)?.[1] ?? null,
    pixelFormat: format && format[1] !== 'none' ? format[1]! : null,
    colour: colourTags(format?.[2] ?? ''),
    width: Number(size?.[1] ?? 0),
    height: Number(size?.[2] ?? 0),
    sampleAspect: sampleAspect && sampleAspect.num > 0 ? sampleAspect : { num: 1, den: 1 },
    rotation: 0,
    attachedPicture: /\((attached pic|timed thumbnails)\)/.test(detail),
    alphaMode: false,
  };
}

/** "tv, smpte170m/smpte170m/bt709, progressive": range, then matrix/primaries/transfer or one name for all three. */
function colourTags(inner: string): ColourTags {
  const parts = fields(inner);
  const range = parts.find((part) => part === 'tv' || part === 'pc') ?? null;
  const names = parts.find(
    (part) =>
      part !== range && part !== 'progressive' && !/(first|gray|swapped)/.test(part) && !part.includes('bpc'),
  );
  const triple = !names ? [] : names.includes('/') ? names.split('/') : [names, names, names];
  const known = (name: string | undefined) =>
    !name || /^(unknown|reserved|unspecified)/.test(name) ? null : name;
  return {
    matrix: known(triple[0]),
    primaries: known(triple[1]),
    transfer: known(triple[2]),
    range: range as ColourTags['range'],
  };
}

/** What the banner says; a trial tells how many channels there are in truth. */
function audioStream(index: number, detail: string, name: TrackName | undefined): AudioStream {
  const parts = fields(detail);
  const layout = parts[2] ?? '';
  return {
    index,
    codec: codecOf(parts[0]!),
    channels: 0,
    layout,
    sampleRate: Number(/^(\d+) Hz/.exec(parts[1] ?? '')?.[1] ?? 0),
    title: name?.title ?? null,
    language: name?.language ?? null,
    dispositions: name?.dispositions ?? [],
  };
}

/** The codec's name; of one that ffmpeg does not know, the file's own four letters. */
function codecOf(field: string): string {
  const name = /^\w+/.exec(field)?.[0] ?? 'unknown';
  return name === 'none' ? (/\(([\w. -]{4}) \//.exec(field)?.[1] ?? 'unknown').trim() : name;
}
