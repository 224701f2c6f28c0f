/** A clip's frames as RGB, streamed: one frame is in memory at a time, and frame k is the same wherever reading began. */
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import { toNumber } from '../../../common/time/rational.ts';
import { alphaDecoder, canSeek, type DecodePlan, type Depth, decodeArgs } from './args.ts';
import { bitDepthOf } from './colour.ts';
import { lastError } from './failure.ts';
import { canToneMap, type Ffmpeg, FfmpegProcess, resolveFfmpeg } from './ffmpeg.ts';
import { padEdges } from './fit.ts';
import { holdsLight } from './linear.ts';
import { parseClock, parseShown } from './showinfo.ts';

export interface DecodedFrame {
  /** Conformed frame of the clip, not of the range. */
  readonly index: number;
  /** RGB, 8 bit full range, height·width·3 of the canvas. */
  readonly rgb: Uint8Array;
}

export interface DecodeOptions {
  readonly range: FrameRange;
  readonly fit: Fit;
  readonly signal?: AbortSignal | undefined;
  readonly ffmpeg?: Ffmpeg;
}

/** Containers whose seek lands on a key frame and keeps the clock. */
const SEEKABLE = /^(mov|matroska|mxf|avi|mpegts)/;
/** Start this long before the wanted picture: leaders of open groups and neighbours of fields come along. */
const RUN_UP_SECONDS = 1;

/**
 * Yields exactly the frames of the range, padded to the fit's canvas.
 * @throws AppError clip-unreadable where the file no longer gives a frame it had; Cancelled
 */
export async function* decodeFrames(clip: ClipInfo, options: DecodeOptions): AsyncGenerator<DecodedFrame> {
  const { range, fit, signal } = options;
  const size = { width: fit.contentWidth, height: fit.contentHeight };
  for await (const { index, rgb } of decodeSized(clip, { range, ...size, signal, ffmpeg: options.ffmpeg })) {
    yield { index, rgb: padEdges(rgb, fit) };
  }
}

/** One frame at any size, for thumbnails and viewers. */
export async function decodeFrame(
  clip: ClipInfo,
  index: number,
  options: {
    readonly width: number;
    readonly height: number;
    readonly signal?: AbortSignal | undefined;
    readonly ffmpeg?: Ffmpeg;
  },
): Promise<Uint8Array> {
  for await (const { rgb } of decodeSized(clip, { range: { start: index, end: index + 1 }, ...options }))
    return rgb;
  throw missing(clip, index, []);
}

/** Frames at any size, three bytes a pixel. */
export interface SizedOptions {
  readonly range: FrameRange;
  readonly width: number;
  readonly height: number;
  /** The transparency instead of the colours: one byte a pixel, 255 is opaque. */
  readonly alpha?: boolean;
  /** The upper left part of the picture that is wanted, in its own pixels; all of it by default. */
  readonly part?: { readonly width: number; readonly height: number } | undefined;
  /** Rounds colours of more than 8 bits exactly, as ffmpeg does not: upper values come out one step too high. */
  readonly exact?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly ffmpeg?: Ffmpeg | undefined;
}

/** @throws AppError as decodeFrames, and where this ffmpeg cannot read the transparency */
export async function* decodeSized(clip: ClipInfo, options: SizedOptions): AsyncGenerator<DecodedFrame> {
  for await (const { index, rgb } of conformed(clip, options, options.exact ? 16 : 8)) {
    yield { index, rgb: options.exact ? to8Bit(rgb) : rgb };
  }
}

/**
 * Frames at the clip's own size in 16 bits a value: of a clip of 8 bits the values of decodeSized, spread; of a deeper one all
 * that it holds, so that its exact 8 bits come out of them. Of a clip that holds light floats, above 1 where it is brighter than a
 * display's white.
 * @throws AppError as decodeFrames
 */
export async function* decodeOwn(
  clip: ClipInfo,
  options: Pick<SizedOptions, 'range' | 'signal' | 'ffmpeg'>,
): AsyncGenerator<Uint16Array | Float32Array> {
  const deep = bitDepthOf(clip.pixelFormat) > 8;
  const { width, height } = clip;
  if (holdsLight(clip)) {
    for await (const { rgb } of conformed(clip, { ...options, width, height }, 'float'))
      yield interleaved(new Float32Array(rgb.buffer));
    return;
  }
  for await (const { rgb } of conformed(clip, { ...options, width, height }, deep ? 16 : 8)) {
    yield deep ? new Uint16Array(rgb.buffer) : new Uint16Array(rgb).map((value) => 257 * value);
  }
}

/** Planes G, B, R as RGB, h·w·3. */
function interleaved(planes: Float32Array): Float32Array {
  const pixels = planes.length / 3;
  const rgb = new Float32Array(planes.length);
  for (let i = 0; i < pixels; i += 1) {
    rgb[3 * i] = planes[2 * pixels + i]!;
    rgb[3 * i + 1] = planes[i]!;
    rgb[3 * i + 2] = planes[pixels + i]!;
  }
  return rgb;
}

/**
 * Frames at any size as RGB in 0..1, read in 16 bits a value whatever the depth of the clip; of one that holds light floats, above 1 where it is
 * brighter than a display's white.
 * @throws AppError as decodeFrames
 */
export async function* decodeDeep(
  clip: ClipInfo,
  options: Omit<SizedOptions, 'alpha' | 'exact'>,
): AsyncGenerator<{ readonly index: number; readonly rgb: Float32Array }> {
  const light = holdsLight(clip);
  for await (const { index, rgb } of conformed(clip, options, light ? 'float' : 16))
    yield {
      index,
      rgb: light ? interleaved(new Float32Array(rgb.buffer)) : toUnit(new Uint16Array(rgb.buffer)),
    };
}

/**
 * The transparency of the same frames in 0..1, h·w, 1 is opaque; read in 16 bits.
 * @throws AppError as decodeFrames, and where this ffmpeg cannot read the transparency
 */
export async function* decodeAlpha(
  clip: ClipInfo,
  options: Omit<SizedOptions, 'alpha' | 'exact'>,
): AsyncGenerator<{ readonly index: number; readonly alpha: Float32Array }> {
  for await (const { index, rgb } of conformed(clip, { ...options, alpha: true }, 16))
    yield { index, alpha: toUnit(new Uint16Array(rgb.buffer)) };
}

function toUnit(values: Uint16Array): Float32Array {
  const unit = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 1) unit[i] = values[i]! / 65535;
  return unit;
}

const BYTES = { 8: 1, 16: 2, float: 4 } as const;

async function* conformed(clip: ClipInfo, options: SizedOptions, depth: Depth): AsyncGenerator<DecodedFrame> {
  const { range, width, height, part, signal } = options;
  if (!(range.start >= 0 && range.end > range.start && range.end <= clip.frames)) {
    throw new AppError(
      'usage',
      `frames ${range.start} to ${range.end} are outside the clip's ${clip.frames}`,
      {
        doing: `reading ${basename(clip.path)}`,
      },
    );
  }
  const ffmpeg = options.ffmpeg ?? (await resolveFfmpeg());
  const wanted = timeOf(clip, range.start);
  const seek = wanted - RUN_UP_SECONDS;
  const alpha = options.alpha ? { alpha: { decoder: decoderOfAlpha(clip, ffmpeg) } } : {};
  const plan = { range, width, height, part, depth, toneMap: clip.hdr && canToneMap(ffmpeg), ...alpha };
  if (SEEKABLE.test(clip.container) && seek > Math.max(0, clip.startTime) && canSeek(clip, seek)) {
    const seeking = { ...plan, seek };
    const started = yield* read(clip, seeking, ffmpeg, signal, wanted);
    if (started) return;
  }
  yield* read(clip, { ...plan, seek: null }, ffmpeg, signal, null);
}

/** @returns the decoder that reads a clip's transparency, null where it is the usual one @throws AppError clip-unreadable where this ffmpeg has it not */
export function decoderOfAlpha(clip: ClipInfo, ffmpeg: Ffmpeg): string | null {
  const decoder = alphaDecoder(clip);
  if (decoder === null || ffmpeg.decoders.has(decoder)) return decoder;
  throw new AppError('clip-unreadable', `this ffmpeg has no ${decoder} to read the transparency with`, {
    doing: `reading ${basename(clip.path)}`,
    hint: 'Give it as ProRes 4444 or a PNG sequence, or as brightness.',
  });
}

/** Container time of the source picture that a conformed frame shows. */
function timeOf(clip: ClipInfo, frame: number): number {
  return clip.sourceTimes?.[frame] ?? clip.startTime + frame / toNumber(clip.rate);
}

/**
 * Reads one pass. With `mustPrecede` the first picture decoded must not come later than that time, else the seek went too
 * far: nothing is yielded and false is returned.
 */
async function* read(
  clip: ClipInfo,
  plan: DecodePlan,
  ffmpeg: Ffmpeg,
  signal: AbortSignal | undefined,
  mustPrecede: number | null,
): AsyncGenerator<DecodedFrame, boolean> {
  const { start, end } = plan.range;
  let unit = 0;
  let firstTime: number | null = null;
  const complaints: string[] = [];
  const onLine = (line: string) => {
    if (/\[(error|fatal)\]/.test(line) && complaints.length < 20) complaints.push(line);
    if (firstTime !== null) return;
    if (unit === 0) unit = timeUnit(line);
    const pts = parseShown(line)?.pts;
    if (pts !== null && pts !== undefined) firstTime = pts * unit;
  };
  await using child = new FfmpegProcess(ffmpeg, decodeArgs(clip, plan), {
    doing: `reading ${basename(clip.path)}`,
    signal,
    onLine,
  });
  const tolerance = 0.4 / toNumber(clip.rate);
  let index = start;
  let previous: Uint8Array | null = null;
  const values = plan.width * plan.height * (plan.alpha ? 1 : 3);
  for await (const rgb of frames(child, BYTES[plan.depth ?? 8] * values)) {
    if (
      index === start &&
      mustPrecede !== null &&
      !(firstTime !== null && firstTime <= mustPrecede + tolerance)
    ) {
      return false;
    }
    yield { index, rgb };
    previous = rgb;
    index += 1;
    if (index === end) return true;
  }
  await child.finished();
  if (index === start && mustPrecede !== null) return false;
  // Only the hold of a variable-rate clip's last picture may be left over: ffmpeg versions differ in how long they hold.
  while (
    previous &&
    index < end &&
    clip.sourceTimes &&
    clip.sourceTimes[index] === clip.sourceTimes[index - 1]
  ) {
    yield { index, rgb: previous.slice() };
    index += 1;
  }
  if (index < end) throw missing(clip, index, complaints);
  return true;
}

function timeUnit(line: string): number {
  const clock = parseClock(line);
  return clock ? toNumber(clock.timeBase) : 0;
}

/** Of 16 bits a value, each in memory of its own. */
function to8Bit(picture: Uint8Array): Uint8Array {
  const wide = new Uint16Array(picture.buffer);
  return new Uint8Array(wide.map((value) => Math.round(value / 257)));
}

/** Cuts stdout into frames of `bytes`, each in memory of its own. */
async function* frames(child: FfmpegProcess, bytes: number): AsyncGenerator<Uint8Array> {
  let frame = new Uint8Array(bytes);
  let filled = 0;
  for await (const chunk of child.output()) {
    for (let taken = 0; taken < chunk.length; ) {
      const part = chunk.subarray(taken, taken + bytes - filled);
      frame.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled === bytes) {
        yield frame;
        frame = new Uint8Array(bytes);
        filled = 0;
      }
    }
  }
}

function missing(clip: ClipInfo, index: number, complaints: readonly string[]): AppError {
  const why = complaints.length > 0 ? ` (${lastError(complaints)})` : '';
  return new AppError('clip-unreadable', `frame ${index} can no longer be read${why}`, {
    doing: `reading ${basename(clip.path)}`,
    hint: 'Has the file changed since it was opened? Open it again.',
  });
}
