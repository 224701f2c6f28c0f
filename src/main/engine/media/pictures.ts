/** Measures a stream's pictures: by decoding all of it, or for long sound files by listing packets and trying both ends. */
import { statSync } from 'node:fs';
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo, PictureSequence, Rational } from '../../../common/media.ts';
import { toNumber } from '../../../common/time/rational.ts';
import { listPacketsArgs, type ShowPart, showPicturesArgs } from './args.ts';
import type { Banner, VideoStream } from './banner.ts';
import { lastError } from './failure.ts';
import { type Ffmpeg, runFfmpeg } from './ffmpeg.ts';
import type { Source } from './input.ts';
import {
  type Packet,
  parseClock,
  parsePacket,
  parsePacketTimeBase,
  parseShown,
  type Shown,
} from './showinfo.ts';

export interface Pictures {
  /** Presentation times in seconds of the container's clock, in the order of the decoder; null for a picture without one. */
  readonly times: readonly (number | null)[];
  /** Seconds the last picture stays, where the file says. */
  readonly lastDuration: number | null;
  readonly nominalRate: Rational | null;
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
  readonly fieldOrder: ClipInfo['fieldOrder'];
  readonly sizeChanges: boolean;
  /** Complaints of decoder and demuxer. */
  readonly errors: number;
}

interface Run {
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
  /** Told while a whole file is decoded: the share of its duration. */
  readonly onFraction?: ((fraction: number) => void) | undefined;
}

/**
 * Files below are decoded, unless they promise more pixels than is cheap; others only if decoding costs little or the packets raise
 * a doubt. A small file may hold hours of a still picture.
 */
const LIMITS = { smallBytes: 16 << 20, cheapPixels: 3e9 };
/** Pictures a second that a small file is thought to hold at most. */
const FAST = 60;
const HEAD = 60;
const TAIL_SECONDS = 3;

/** Containers with a time on each packet, codecs with one picture in each. */
const TIMED = /^(mov|matroska)/;
const ONE_PICTURE_PACKETS = /^(h264|hevc|prores|dnxhd|mjpeg|vp9|av1|ffv1|cfhd|rawvideo|v210|png|qtrle)$/;

/** @throws AppError clip-unreadable where not a single picture decodes; Cancelled */
export async function measurePictures(
  ffmpeg: Ffmpeg,
  source: Source,
  banner: Banner,
  video: VideoStream,
  run: Run,
  limits = LIMITS,
): Promise<Pictures> {
  const { durationSeconds } = banner;
  const promised = (durationSeconds ?? Number.POSITIVE_INFINITY) * FAST * video.width * video.height;
  if (source.sequence !== null) {
    const all = source.sequence.count * video.width * video.height;
    const some = all > limits.cheapPixels ? HEAD : source.sequence.count;
    return sequencePictures(
      await show(ffmpeg, source, video.index, { count: some }, run, banner),
      source.sequence,
      some,
      run,
      video,
    );
  }
  const large = statSync(source.path).size > limits.smallBytes || promised > limits.cheapPixels;
  if (large && TIMED.test(banner.container) && ONE_PICTURE_PACKETS.test(video.codec)) {
    const listed = await listPictures(ffmpeg, source, banner, video, run, limits);
    if (listed) return listed;
  }
  const shown = await show(ffmpeg, source, video.index, {}, run, banner);
  const { timeBase, nominalRate } = shown;
  const unit = timeBase ? toNumber(timeBase) : 1;
  const last = shown.pictures.at(-1);
  if (!last) throw nothingDecodes(run.doing, video, shown.lines);
  return {
    times: shown.pictures.map(({ pts }) => (pts === null ? null : pts * unit)),
    lastDuration: last.duration === null ? null : last.duration * unit,
    nominalRate,
    ...look(shown),
  };
}

/** Each file is a picture; of many large ones only the first are tried. */
function sequencePictures(
  shown: Show,
  { count, rate }: PictureSequence,
  tried: number,
  { doing }: Run,
  video: VideoStream,
): Pictures {
  if (shown.pictures.length === 0) throw nothingDecodes(doing, video, shown.lines);
  const seconds = 1 / toNumber(rate);
  const frames = shown.pictures.length < tried ? shown.pictures.length : count;
  const times = Array.from({ length: frames }, (_, index) => index * seconds);
  return { times, lastDuration: seconds, nominalRate: rate, ...look(shown) };
}

interface Show {
  readonly pictures: Shown[];
  readonly lines: readonly string[];
  timeBase: Rational | null;
  nominalRate: Rational | null;
  errors: number;
}

async function show(
  ffmpeg: Ffmpeg,
  source: Source,
  stream: number,
  part: ShowPart,
  run: Run,
  banner: Banner,
): Promise<Show> {
  // The null muxer and sound decoders complain too; neither harms a picture.
  const deaf = new Set(['null', ...banner.audio.map(({ codec }) => codec)]);
  const shown: Show = { pictures: [], lines: [], timeBase: null, nominalRate: null, errors: 0 };
  const onLine = (line: string) => {
    const picture = parseShown(line);
    if (picture) {
      shown.pictures.push(picture);
      tellFraction(shown, part, run, banner);
      return;
    }
    const clock = shown.timeBase ? null : parseClock(line);
    if (clock) Object.assign(shown, clock);
    const complaint = /^\[(\w+)[^\]]*\].*\[(?:error|fatal)\]/.exec(line);
    if (complaint && !deaf.has(complaint[1]!)) shown.errors += 1;
  };
  const { tail } = await runFfmpeg(ffmpeg, showPicturesArgs(source, stream, part), { ...run, onLine });
  return { ...shown, lines: tail };
}

function tellFraction(shown: Show, part: ShowPart, run: Run, { durationSeconds }: Banner): void {
  const [first, now] = [shown.pictures[0]!.pts, shown.pictures.at(-1)!.pts];
  if (part.count !== undefined || part.seek !== undefined || !durationSeconds || !shown.timeBase) return;
  if (first === null || now === null) return;
  run.onFraction?.(Math.min(0.99, Math.max(0, ((now - first) * toNumber(shown.timeBase)) / durationSeconds)));
}

function look(
  shown: Show,
): Pick<Pictures, 'pixelFormat' | 'width' | 'height' | 'fieldOrder' | 'sizeChanges' | 'errors'> {
  const { pixelFormat, width, height } = shown.pictures[0]!;
  const count = (field: Shown['field']) => shown.pictures.filter((picture) => picture.field === field).length;
  const [tff, bff] = [count('tff'), count('bff')];
  return {
    pixelFormat,
    width,
    height,
    fieldOrder: tff + bff === 0 ? 'progressive' : tff >= bff ? 'tff' : 'bff',
    sizeChanges: shown.pictures.some((picture) => picture.width !== width || picture.height !== height),
    errors: shown.errors,
  };
}

/** Null where the packets leave a doubt, or where decoding them all costs little. */
async function listPictures(
  ffmpeg: Ffmpeg,
  source: Source,
  banner: Banner,
  video: VideoStream,
  run: Run,
  limits: typeof LIMITS,
): Promise<Pictures | null> {
  const packets: Packet[] = [];
  let timeBase: Rational | null = null;
  let untimed = false;
  let partial = '';
  const onOutput = (chunk: Buffer) => {
    const lines = (partial + chunk.toString('latin1')).split('\n');
    partial = lines.pop()!;
    for (const line of lines) {
      timeBase ??= parsePacketTimeBase(line);
      const packet = parsePacket(line);
      if (packet) packets.push(packet);
      else if (!line.startsWith('#')) untimed = true;
    }
  };
  const { code, tail } = await runFfmpeg(ffmpeg, listPacketsArgs(source, video.index), { ...run, onOutput });
  if (packets.length * video.width * video.height < limits.cheapPixels) return null;
  if (code !== 0 || tail.length > 0 || untimed || timeBase === null) return null;
  const unit = toNumber(timeBase);
  packets.sort((a, b) => a.pts - b.pts);
  const sound = packets.every(
    ({ pts, doubtful }, index) => !doubtful && (index === 0 || pts > packets[index - 1]!.pts),
  );
  if (!sound || !packets[0]!.key) return null;

  // Both ends must decode to exactly the listed times; the last one where no long way leads to it.
  const last = packets.at(-1)!;
  const tailStart = last.pts * unit - TAIL_SECONDS;
  const from = packets.findLastIndex(({ key, pts }) => key && pts * unit <= tailStart);
  const way = (packets.length - Math.max(0, from)) * video.width * video.height;
  const head = await show(ffmpeg, source, video.index, { count: HEAD }, run, banner);
  const end =
    way <= limits.cheapPixels
      ? await show(ffmpeg, source, video.index, { seek: tailStart }, run, banner)
      : null;
  const agree =
    head.errors === 0 &&
    head.pictures.length === Math.min(HEAD, packets.length) &&
    head.pictures.every(({ pts }, index) => pts === packets[index]!.pts) &&
    (end === null || endsLike(end, packets));
  if (!agree) return null;
  return {
    times: packets.map(({ pts }) => pts * unit),
    lastDuration: last.duration > 0 ? last.duration * unit : null,
    nominalRate: head.nominalRate,
    ...look(head),
  };
}

function endsLike({ pictures, errors }: Show, packets: readonly Packet[]): boolean {
  if (errors > 0 || pictures.length === 0) return false;
  return pictures.every(({ pts }, index) => pts === packets.at(index - pictures.length)!.pts);
}

function nothingDecodes(doing: string, { codec, tag }: VideoStream, lines: readonly string[]): AppError {
  if (codec === 'webp' && lines.some((line) => /image data not found/.test(line))) {
    return new AppError('clip-unreadable', 'it is an animated WebP, which this ffmpeg cannot decode', {
      doing,
      hint: 'Save it as a GIF, an animated PNG or a movie.',
    });
  }
  if (lines.some((line) => /no decoder found for|Decoder \(codec .*not found/.test(line))) {
    const name = codec !== 'none' && codec !== 'unknown' ? codec : (tag ?? 'its kind of picture');
    return new AppError('clip-unreadable', `this ffmpeg has no decoder for ${name}`, {
      doing,
      hint: 'Convert it with the program it comes from, or point RETAKE_FFMPEG at a newer or fuller ffmpeg.',
    });
  }
  return new AppError('clip-unreadable', `not one picture of it can be decoded (${lastError(lines)})`, {
    doing,
    hint: 'The file is damaged: copy it again, or ask for it again.',
  });
}

/** Whether a stream holds one picture only: a cover, which its writer did not mark as such. */
export async function isSinglePicture(
  ffmpeg: Ffmpeg,
  source: Source,
  { index }: VideoStream,
  run: Run,
): Promise<boolean> {
  let packets = 0;
  const onOutput = (chunk: Buffer) => {
    packets += chunk
      .toString('latin1')
      .split('\n')
      .filter((line) => /^\d/.test(line)).length;
  };
  await runFfmpeg(ffmpeg, listPacketsArgs(source, index, 2), { ...run, onOutput });
  return packets < 2;
}
