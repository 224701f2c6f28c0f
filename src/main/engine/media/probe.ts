/** What a clip is: every number measured on the file, none believed from a header that can lie. */
import { type Stats, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { AudioStream, ClipInfo, Rational } from '../../../common/media.ts';
import { toNumber } from '../../../common/time/rational.ts';
import { carriesTimecode, parseTimecode } from '../../../common/time/timecode.ts';
import { bannerArgs } from './args.ts';
import { type Banner, parseBanner, type VideoStream } from './banner.ts';
import { cadenceOf, DEFAULT_RATE, usualRate } from './cadence.ts';
import { type Found, isQuarterTurn, warningsOf } from './clip-warnings.ts';
import { type Clock, straighten } from './clock.ts';
import { bitDepthOf, hasAlpha, isHdr, judgeColour } from './colour.ts';
import { decodeFrame } from './decode.ts';
import { lastError, unreadable } from './failure.ts';
import { type Ffmpeg, resolveFfmpeg, runFfmpeg } from './ffmpeg.ts';
import type { Source } from './input.ts';
import { type PictureHeader, readPictureHeader } from './picture-header.ts';
import { isSinglePicture, measurePictures, type Pictures } from './pictures.ts';
import { retimingOf } from './retiming.ts';
import { type FoundSequence, findSequence, runAround } from './sequence.ts';
import { parseHeard, trySoundArgs } from './sound-args.ts';

export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of a picture sequence; what its pictures say, or else the usual one, where it is not said here. */
  readonly rate?: Rational | undefined;
  /** Of pictures for which nobody says one: the rate of the timeline that they come to, or else of film, 24. */
  readonly usualRate?: Rational | undefined;
  /** Told while a long file is decoded whole. */
  readonly onFraction?: ((fraction: number) => void) | undefined;
  readonly ffmpeg?: Ffmpeg;
}

/**
 * Reads a clip. Of a damaged file the pictures that decode are counted, and a warning says so.
 * @throws AppError clip-unreadable, clip-no-video, ffmpeg-missing; Cancelled
 */
export async function probeClip(path: string, options: ProbeOptions = {}): Promise<ClipInfo> {
  const { signal } = options;
  const absolute = resolve(path);
  const doing = `reading ${basename(absolute)}`;
  const found = findSequence(absolute);
  for (const file of found?.files ?? [absolute]) checkFile(file, `reading ${basename(file)}`);
  if (options.rate && !found) {
    throw new AppError('usage', 'a movie has a rate of its own', {
      doing,
      hint: 'Leave --rate out: it is for picture sequences.',
    });
  }
  const said = found ? readPictureHeader(found.files[0]!) : null;
  const source = sourceOf(absolute, found, options.rate ?? said?.rate ?? options.usualRate ?? SEQUENCE_RATE);
  const ffmpeg = options.ffmpeg ?? (await resolveFfmpeg());

  const lines: string[] = [];
  await runFfmpeg(ffmpeg, bannerArgs(source), { doing, signal, onLine: (line) => lines.push(line) });
  const banner = parseBanner(lines);
  if (!banner) throw unreadable(doing, lines);
  const video = await chooseVideo(ffmpeg, source, banner.videos, { doing, signal });
  if (!video) {
    throw new AppError(
      'clip-no-video',
      banner.audio.length > 0 ? 'the file holds sound only' : 'the file holds no video',
      {
        doing,
        hint: 'Choose a file with a picture.',
      },
    );
  }
  const pictures = await measurePictures(ffmpeg, source, banner, video, {
    doing,
    signal,
    onFraction: options.onFraction,
  });
  const audio: AudioStream[] = [];
  const unheard: string[] = [];
  for (const [at, stream] of banner.audio.entries()) {
    const heard = await trySound(ffmpeg, source, stream, { doing, signal });
    if (typeof heard === 'string')
      unheard.push(`sound track ${at + 1} (${stream.codec}) is left out: ${heard}`);
    else audio.push(heard);
  }
  const known = options.rate !== undefined || (said?.rate ?? null) !== null;
  const named = {
    ...banner,
    timecode: banner.timecode ?? timecodeOf(said, source),
    reel: banner.reel ?? said?.reel ?? null,
  };
  const clip = describe(source, known, { banner: named, video, pictures, audio, unheard, ffmpeg });
  await tryPicture(clip, doing, ffmpeg, signal);
  return clip;
}

/** The first stream that is a film: covers and title cards may come before it, in any codec, and not every writer marks them. */
async function chooseVideo(
  ffmpeg: Ffmpeg,
  source: Source,
  videos: readonly VideoStream[],
  run: { readonly doing: string; readonly signal: AbortSignal | undefined },
): Promise<VideoStream | undefined> {
  const films = videos.filter(({ attachedPicture }) => !attachedPicture);
  if (films.length > 1) {
    for (const stream of films) {
      if (!(await isSinglePicture(ffmpeg, source, stream, run))) return stream;
    }
  }
  return films[0];
}

/** The stream as it decodes, or why it does not. */
async function trySound(
  ffmpeg: Ffmpeg,
  source: Source,
  stream: AudioStream,
  run: { readonly doing: string; readonly signal: AbortSignal | undefined },
): Promise<AudioStream | string> {
  const lines: string[] = [];
  const onLine = (line: string) => {
    if (lines.length < TRIAL_LINES) lines.push(line);
  };
  const { code, tail } = await runFfmpeg(ffmpeg, trySoundArgs(source, stream.index), { ...run, onLine });
  const heard = lines.map(parseHeard).find((one) => one !== null);
  if (code === 0 && heard) return { ...stream, ...heard };
  if (!ffmpeg.decoders.has(stream.codec)) return 'this ffmpeg does not know its codec';
  return code === 0 ? 'it holds no sound' : `it cannot be decoded (${lastError(tail)})`;
}

/** The first picture goes all the way that rendering will take: what that way cannot take is refused now. */
async function tryPicture(
  clip: ClipInfo,
  doing: string,
  ffmpeg: Ffmpeg,
  signal: AbortSignal | undefined,
): Promise<void> {
  const refuse = (message: string) =>
    new AppError('clip-unreadable', message, { doing, hint: 'Convert it to ProRes or H.264 first.' });
  const { refusal } = judgeColour(clip, ffmpeg.filters.has('zscale'));
  if (refusal !== null) throw refuse(refusal);
  try {
    await decodeFrame(clip, 0, { width: TRIAL, height: TRIAL, ffmpeg, signal });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'clip-unreadable') throw error;
    throw refuse(`its pictures (${clip.codec}, ${clip.pixelFormat}) cannot be turned into RGB`);
  }
}

const TRIAL_LINES = 200;
/** Side in pixels; only whether a picture comes out matters. */
const TRIAL = 16;

/** Of film; pictures do not say how fast they shall run. */
const SEQUENCE_RATE: Rational = { num: 24, den: 1 };

function sourceOf(path: string, found: FoundSequence | null, rate: Rational): Source {
  if (found === null) return { path, sequence: null };
  const { run, first, files } = found;
  return { path: found.path, sequence: { ...run, first, count: files.length, rate } };
}

/** Of a sequence whose pictures have one that its rate can carry. */
function timecodeOf(said: PictureHeader | null, { sequence }: Source): string | null {
  const timecode = said?.timecode ?? null;
  if (timecode === null || sequence === null || !carriesTimecode(sequence.rate)) return null;
  return parseTimecode(timecode, sequence.rate) === null ? null : timecode;
}

/** @param known whether the rate is said by someone, the pictures themselves perhaps */
function sequenceWarnings({ path, sequence }: Source, known: boolean): string[] {
  if (sequence !== null) {
    const taken = `${Number(toNumber(sequence.rate).toFixed(3))} frames per second`;
    return known
      ? []
      : [`${sequence.count} numbered pictures: they do not say their rate and are taken as ${taken}`];
  }
  const around = runAround(path);
  return around
    ? [`one of ${around.count} numbered pictures: for all of them choose ${around.pattern} or their folder`]
    : [];
}

function checkFile(path: string, doing: string): void {
  const refuse = (message: string, hint = '') => new AppError('clip-unreadable', message, { doing, hint });
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EACCES') throw refuse('the file may not be read', 'Check its permissions.');
    throw refuse('there is no such file', 'Check the name and that the disk is connected.');
  }
  if (stats.isDirectory())
    throw refuse(
      'this is a folder without a picture sequence, not a clip',
      'Choose a movie, or a folder of numbered pictures.',
    );
  if (!stats.isFile()) throw refuse('this is no ordinary file');
  if (stats.size === 0) throw refuse('the file is empty', 'Copy it again.');
}

function describe(source: Source, known: boolean, found: Found): ClipInfo {
  const { banner, video, pictures, audio } = found;
  const clock = clockOf(pictures, banner);
  const { times } = clock;
  const cadence = cadenceOf(times, pictures.nominalRate, pictures.lastDuration);
  const asStored = !isQuarterTurn(video.rotation);
  const rotation = asStored ? 0 : (Math.round(video.rotation / 90) * 90) % 360;
  const codedWidth = pictures.width;
  const codedHeight = pictures.height;
  const squareWidth = squarePixels(codedWidth, video.sampleAspect);
  const upright = rotation % 180 === 0;
  const hdr = isHdr(video.colour);
  const alpha = hasAlpha(pictures.pixelFormat) || video.alphaMode;
  return {
    ...source,
    container: banner.container,
    stream: video.index,
    codec: video.codec,
    pixelFormat: pictures.pixelFormat,
    bitDepth: bitDepthOf(pictures.pixelFormat),
    codedWidth,
    codedHeight,
    width: upright ? squareWidth : codedHeight,
    height: upright ? codedHeight : squareWidth,
    rotation: rotation as ClipInfo['rotation'],
    asStored,
    sampleAspect: video.sampleAspect,
    fieldOrder: pictures.fieldOrder,
    alpha,
    hdr,
    colour: colourOf(video),
    rate: cadence.rate,
    variableRate: cadence.variable,
    frames: cadence.frames,
    sourceTimes: cadence.sources === null ? null : cadence.sources.map((source) => times[source]!),
    retiming: retimingOf(pictures.times, clock, cadence, pictures.nominalRate),
    startTime: times[0]!,
    durationSeconds: cadence.frames / toNumber(cadence.rate),
    timecode: banner.timecode,
    reel: banner.reel,
    audio,
    chapters: banner.chapters,
    warnings: [...sequenceWarnings(source, known), ...warningsOf(found, clock, cadence, { hdr, alpha })],
  };
}

/** Most writers of DPX say linear, ffmpeg too, and mean nothing by it: whole numbers of 10 bits are for a display, or logarithmic. */
function colourOf({ codec, colour }: VideoStream): VideoStream['colour'] {
  return codec === 'dpx' && colour.transfer === 'linear' ? { ...colour, transfer: null } : colour;
}

/** Streams that go on by themselves: a gap in them is an interruption, not a picture that stays. */
const BROADCAST = /^(mpegts|mpeg|wtv)/;
const LONGEST_SECONDS = 1;
/** Where a picture may stay, times that make a film this much longer than its pictures are wrong. */
const ABSURD = { ratio: 50, frames: 10_000, longest: 10 };

/** Samples that AAC encoders put before the sound. */
const AAC_RUN_INS = [1024, 2048, 2112];

function clockOf({ times, nominalRate }: Pictures, { container, audio }: Banner): Clock {
  const raw = times.some((time) => time !== null)
    ? times
    : times.map((_, i) => i / toNumber(nominalRate ?? DEFAULT_RATE));
  const joinable = BROADCAST.test(container);
  const runIns = container.startsWith('mov')
    ? audio
        .filter(({ codec }) => codec === 'aac')
        .flatMap(({ sampleRate }) => AAC_RUN_INS.map((samples) => samples / sampleRate))
    : [];
  const clock = straighten(raw, {
    joinable,
    runIns,
    longest: joinable ? LONGEST_SECONDS : Number.POSITIVE_INFINITY,
  });
  const span = clock.times.at(-1)! - clock.times[0]!;
  const most = ABSURD.ratio * times.length + ABSURD.frames;
  return span * toNumber(usualRate(clock.times)) > most
    ? straighten(raw, { joinable, runIns, longest: ABSURD.longest })
    : clock;
}

/** Lines stay, their width takes the pixel's shape. Shapes within a percent of square are rounding of some writer. */
function squarePixels(width: number, aspect: Rational): number {
  const square = Math.max(1, Math.round(width * toNumber(aspect)));
  return Math.abs(square - width) <= width / 100 ? width : square;
}
