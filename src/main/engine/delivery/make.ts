/** Writes a movie: its pictures through the writer of takes, its sound from the one file that has it, or put together before. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMATS, type TakeFormat } from '../../../common/formats/registry.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import type { TakeFile } from '../../../common/report.ts';
import { rational, sameRational, toNumber } from '../../../common/time/rational.ts';
import { decoderOfAlpha } from '../media/decode.ts';
import { openTake, rehearseTake, type TakeOptions } from '../media/encode.ts';
import { resolveFfmpeg } from '../media/ffmpeg.ts';
import { type Enlarger, larger, madeSize } from './enlarge.ts';
import type { Movie } from './movie.ts';
import { picturesOf } from './pictures.ts';
import { asStream, heardFrom, joinSound, trackOf } from './sound.ts';
import type { Infos } from './sources.ts';

export interface Making {
  readonly movie: Movie;
  readonly format: TakeFormat;
  readonly infos: Infos;
}

/** How the writer of takes is told: a clip that gives sound, transparency and labels, and which of its frames. */
interface Told {
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  /** Whether its sound is put together first. */
  readonly joined: boolean;
  /** Whether transparency comes with its pictures; else it is read off the clip. */
  readonly veiled: boolean;
}

/** Of one file, frame by frame: its own sounds, transparency, chapters and labels go along. */
export function isPart({ pieces, rate, through, enlarged }: Movie, infos: Infos): boolean {
  const [piece, ...more] = pieces;
  if (!piece?.picture || more.length > 0 || through !== undefined || enlarged) return false;
  const { path, frames } = piece.picture;
  const info = infos.get(path)!;
  return (
    (piece.sound === null || piece.sound.path === path) &&
    sameRational(rate, info.rate) &&
    frames.every((frame, k) => frame === frames[0]! + k)
  );
}

/** Files whose transparency is seen in what is put together. */
function veilsOf({ movie, infos }: Making): readonly ClipInfo[] {
  if (isPart(movie, infos)) return [];
  const seen = new Set(movie.pieces.flatMap(({ picture }) => (picture ? [infos.get(picture.path)!] : [])));
  return [...seen].filter(({ alpha }) => alpha);
}

function told(making: Making, soundFile: string): Told {
  const { movie, infos } = making;
  const { rate, frames, timecode, reel, pieces } = movie;
  const { width, height } = madeSize(movie);
  const [first] = pieces;
  if (isPart(movie, infos)) {
    const info = infos.get(first!.picture!.path)!;
    const start = first!.picture!.frames[0]!;
    const clip = { ...info, audio: first!.sound ? info.audio : [] };
    return { clip, range: { start, end: start + frames }, joined: false, veiled: false };
  }
  const veiled = veilsOf(making).length > 0;
  const shown = infos.get(pieces.find(({ picture }) => picture !== null)?.picture?.path ?? '');
  const plain = {
    ...(shown ?? [...infos.values()][0]!),
    ...{ path: soundFile, sequence: null, stream: 0, width, height, codedWidth: width, codedHeight: height },
    ...{
      rotation: 0 as const,
      asStored: false,
      sampleAspect: rational(1),
      fieldOrder: 'progressive' as const,
    },
    ...{ alpha: veiled, rate, variableRate: false, frames, sourceTimes: null, retiming: null, startTime: 0 },
    ...{ durationSeconds: frames / toNumber(rate), timecode, reel, audio: [], chapters: [], warnings: [] },
  };
  const range = { start: 0, end: frames };
  const whole = movie.through === undefined ? null : { path: movie.through, from: 0 };
  const one = whole ?? (pieces.length === 1 ? first!.sound : null);
  if (one) {
    // One file is heard: all its tracks, as they are.
    const heard = heardFrom(infos.get(one.path)!, one.from, movie);
    const { path, sequence, container, stream, retiming, startTime, audio } = heard;
    return {
      clip: { ...plain, path, sequence, container, stream, retiming, startTime, audio },
      range,
      joined: false,
      veiled,
    };
  }
  const track = trackOf(movie, infos);
  if (track === null) return { clip: plain, range, joined: false, veiled };
  return { clip: { ...plain, container: 'w64', audio: [asStream(track)] }, range, joined: true, veiled };
}

function wholeFit({ width, height }: Pick<ClipInfo, 'width' | 'height'>): Fit {
  return {
    ...{ sourceWidth: width, sourceHeight: height, contentWidth: width, contentHeight: height },
    ...{ width, height, left: 0, top: 0 },
  };
}

function optionsOf({ clip, range, veiled }: Told, out: string, format: TakeFormat): TakeOptions {
  return { clip, range, fit: wholeFit(clip), out, format, ...(veiled && { alpha: 'given' }) };
}

interface MakeOptions {
  readonly out: string;
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
  readonly onFrame: (done: number) => void;
  /** Where the movie is enlarged. */
  readonly enlarger?: Enlarger | undefined;
}

/**
 * @param out the file, or the pattern of pictures, in a folder that is there
 * @param scratch a folder for what is needed on the way
 * @returns what was written; nothing is left under its name if it fails
 * @throws AppError clip-unreadable, encoder-missing, output-unwritable, disk-full; Cancelled
 */
export async function makeMovie(
  making: Making,
  { out, scratch, signal, onFrame, enlarger }: MakeOptions,
): Promise<TakeFile> {
  const soundFile = join(scratch, 'sound.w64');
  const how = told(making, soundFile);
  const { movie, format, infos } = making;
  try {
    if (how.joined) await joinSound(movie, trackOf(movie, infos)!, { infos, output: soundFile, signal });
    const writer = await openTake({ ...optionsOf(how, out, format), tag: 'media' }, signal);
    try {
      let done = 0;
      const pictures = picturesOf(movie, infos, { veiled: how.veiled, signal });
      for await (const { rgb, alpha } of enlarger ? larger(pictures, movie, enlarger) : pictures) {
        await writer.write(rgb, undefined, alpha);
        done += 1;
        onFrame(done);
      }
      return await writer.finish();
    } finally {
      await writer.abort();
    }
  } finally {
    await rm(soundFile, { force: true });
  }
}

/** One frame of it, of the kind that the movie's sound will be. */
async function silence(
  { movie, infos }: Making,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const output = join(folder, 'silence.w64');
  const one = { ...movie, frames: 1, pieces: [{ count: 1, picture: null, sound: null }] };
  await joinSound(one, trackOf(movie, infos)!, { infos, output, signal });
  return output;
}

const rehearsed = new Map<string, readonly string[]>();
const MOST_REHEARSED = 500;

/**
 * One frame of it in a folder of its own: what the encoder will not take is refused before the first. Remembered by all that matters.
 * @returns what will differ from what is shown
 * @throws AppError usage, encoder-missing; Cancelled
 */
export async function rehearseMovie(
  making: Making,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { format } = making;
  const how = told(making, '');
  const { clip, joined, range, veiled } = how;
  if (FORMATS[format].alpha !== null)
    for (const veil of veilsOf(making)) decoderOfAlpha(veil, await resolveFfmpeg());
  const { width, height, rate, audio, timecode, reel, pixelFormat, colour, hdr, alpha } = clip;
  const key = JSON.stringify([
    format,
    width,
    height,
    rate,
    audio,
    timecode,
    reel,
    pixelFormat,
    colour,
    hdr,
    alpha,
    veiled,
  ]);
  const known = rehearsed.get(key);
  if (known) return known;
  const folder = await mkdtemp(join(tmpdir(), 'retake-rehearsal-'));
  try {
    const one = { start: range.start, end: range.start + 1 };
    // What is put together is not there yet: silence stands for it.
    const like = joined ? { ...clip, path: await silence(making, folder, signal) } : clip;
    const ending = FORMATS[format].extensions.find((extension) => extension !== '')!;
    const out = join(folder, FORMATS[format].extensions[0] === '' ? `try.####${ending}` : `try${ending}`);
    const notes = await rehearseTake(optionsOf({ ...how, clip: like, range: one }, out, format), signal);
    if (rehearsed.size >= MOST_REHEARSED) rehearsed.clear();
    rehearsed.set(key, notes);
    return notes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
