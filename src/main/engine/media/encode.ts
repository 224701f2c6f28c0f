/** Writes a take: source size, rate, colours, sound and timecode, under its final name only when it is whole. */

import { stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, assert, Cancelled, throwIfCancelled } from '../../../common/errors.ts';
import { type FormatSpec, isPictures, pictureEnding } from '../../../common/formats/format.ts';
import { FORMATS, type TakeFormat } from '../../../common/formats/registry.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import type { TakeFile } from '../../../common/report.ts';
import { toPlanes, toRgb48, withBelow } from './canvas-bytes.ts';
import { takeChapters } from './chapters.ts';
import { encodeArgs, hasReel } from './encode-args.ts';
import { takesFloats } from './encode-picture.ts';
import { writeFailure } from './failure.ts';
import { type Ffmpeg, FfmpegProcess, resolveFfmpeg } from './ffmpeg.ts';
import { notHeld, requireHeld } from './held.ts';
import { type Own, stack } from './merge.ts';
import { checkRoom, forecastOf } from './room.ts';
import { bytesOfPictures, FIRST_NUMBER } from './sequence.ts';
import { alphaOf, soundNotes, takeSize, takeTimecode } from './take-facts.ts';
import {
  checkTarget,
  discard,
  fromSystem,
  planTarget,
  prepareFolder,
  publish,
  type Target,
} from './target.ts';

export interface TakeOptions {
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  readonly fit: Fit;
  readonly out: string;
  readonly format: TakeFormat;
  /** Whether the clip's transparency is laid over the take where the format has a place for it, auto by default; or comes with each frame. */
  readonly alpha?: 'auto' | 'off' | 'given';
  /** Whether each frame is laid over the clip's own picture, where a mask keeps it; not by default. */
  readonly merged?: boolean;
  /** Names the unfinished file, so that who resumes finds and replaces what a killed process left; random by default. */
  readonly tag?: string;
  readonly ffmpeg?: Ffmpeg;
}

export interface TakeWriter {
  /**
   * One frame: RGB in 0..1 (clipped, but where the format holds floats), height·width·3 of the canvas; with what it is laid over, where
   * the take is merged; with its transparency, height·width in 0..1, where that is given: left out where the format holds none.
   */
  write(rgb: Float32Array, own?: Own, alpha?: Float32Array): Promise<void>;
  /** Waits for the encoder, checks the count, asks whether all is well still, renames. */
  finish(beforePublishing?: () => Promise<void>): Promise<TakeFile>;
  /** Kills the encoder and removes what it wrote. Harmless after finish. */
  abort(): Promise<void>;
}

/** Finishing an MP4 moves its index to the front, in silence: minutes for a long one on a slow disk. */
const STALL_MS = 300_000;

/**
 * Starts the encoder.
 * @throws AppError usage, encoder-missing, output-unwritable, disk-full, ffmpeg-missing; Cancelled
 */
export async function openTake(options: TakeOptions, signal?: AbortSignal): Promise<TakeWriter> {
  const { end: _, ...writer } = await open(options, FIRST_NUMBER, signal);
  return writer;
}

/**
 * A dress rehearsal: writes one frame of a take as the take will be written, and removes it. What the encoder, the container or
 * the disk will not take is refused now, not after the render.
 * @returns what will differ from the source
 * @throws AppError usage, encoder-missing, output-unwritable, disk-full, ffmpeg-missing; Cancelled
 */
export async function rehearseTake(options: TakeOptions, signal?: AbortSignal): Promise<readonly string[]> {
  const { clip, range, fit, format } = options;
  const spec = FORMATS[format];
  const one = { start: range.start, end: range.start + 1 };
  // The last picture of a sequence has the longest name.
  const writer = await open({ ...options, range: one }, FIRST_NUMBER + range.end - range.start - 1, signal);
  try {
    const grey = new Float32Array(fit.width * fit.height * 3).fill(0.5);
    const opaque = options.alpha === 'given' ? new Float32Array(fit.width * fit.height).fill(1) : undefined;
    await writer.write(grey, options.merged ? blank(clip) : undefined, opaque);
    await writer.end();
  } catch (error) {
    throw error instanceof AppError && error.code === 'ffmpeg-failed' ? notHeld(error, spec, clip) : error;
  } finally {
    await writer.abort();
  }
  const { path, partial, digits } = planTarget(options.out, format);
  const place = { doing: `writing ${basename(path)}`, oneFile: digits === null };
  const room = await checkRoom(dirname(partial), forecastOf(clip, range, spec), place);
  return [...writer.notes, ...(room === null ? [] : [room])];
}

function blank({ width, height }: ClipInfo): Own {
  return { rgb: new Uint16Array(width * height * 3), mask: new Float32Array(width * height).fill(1) };
}

interface OpenWriter extends TakeWriter {
  readonly notes: readonly string[];
  /** Waits for the encoder and checks the count; the take stays under its temporary name. */
  end(): Promise<void>;
}

async function open(
  options: TakeOptions,
  firstNumber: number,
  signal: AbortSignal | undefined,
): Promise<OpenWriter> {
  const { clip, range, fit, format, merged = false } = options;
  throwIfCancelled(signal);
  const ffmpeg = options.ffmpeg ?? (await resolveFfmpeg());
  const base = FORMATS[format];
  requireHeld(clip, base, ffmpeg);
  await checkTarget(options.out, clip.path, format);
  const target = planTarget(options.out, format, options.tag);
  const doing = `writing ${basename(target.path)}`;
  const notes: string[] = [];
  const sequence = isPictures(base);
  const muxer = base.muxer === 'mp4' && target.path.toLowerCase().endsWith('.mov') ? 'mov' : base.muxer;
  const spec = { ...base, muxer };
  const timecode = takeTimecode(clip, range, target, notes);
  const [width, height] = takeSize(clip, spec, notes);
  const alpha = alphaOf(options, spec, ffmpeg, notes);
  const chapters = takeChapters(clip, range, spec, notes);
  soundNotes(clip, spec, notes);
  await discard(target);
  await prepareFolder(target);
  const chapterFile = chapters === null ? null : join(target.partial, CHAPTERS);
  let progress = '';
  const onOutput = (chunk: Buffer) => {
    progress = (progress + chunk.toString('latin1')).slice(-4096);
  };
  let child: FfmpegProcess;
  try {
    if (chapterFile !== null) await writeFile(chapterFile, chapters!);
    const args = encodeArgs({
      clip,
      range,
      fit,
      spec,
      output: sequence ? framePattern(target, spec) : join(target.partial, basename(target.path)),
      firstNumber,
      timecode,
      merged,
      soundFiles: sequence ? clip.audio.map((_, index) => soundFile(target, index)) : null,
      alpha,
      chapters: chapterFile,
    });
    child = new FfmpegProcess(ffmpeg, args, { doing, signal, onOutput, stallMs: STALL_MS });
  } catch (error) {
    await discard(target);
    throw error instanceof AppError || error instanceof Cancelled ? error : fromSystem(error, doing);
  }
  const info = {
    format,
    rate: clip.rate,
    width,
    height,
    timecode,
    reel: hasReel(spec) ? clip.reel : null,
    audioStreams: clip.audio.length,
    alpha: alpha !== null,
    notes,
  };
  const expected = { frames: range.end - range.start, values: fit.width * fit.height * 3 };
  const bytesOf = (rgb: Float32Array, own: Own | undefined, veil: Float32Array | undefined) => {
    assert((own !== undefined) === merged, 'what a merged take is laid over comes with each frame');
    assert((veil !== undefined) === (options.alpha === 'given'), 'given transparency comes with each frame');
    const picture = veil && alpha === 'given' ? withBelow(rgb, veil) : rgb;
    const floats = takesFloats(spec);
    if (own) return new Uint8Array(stack(rgb, own, clip, fit, floats).buffer);
    return floats ? toPlanes(picture) : toRgb48(picture);
  };
  return writer(child, target, info, { ...expected, bytesOf }, () => parseFrameCount(progress));
}

/** Cannot be the name of a take, which has an ending. */
const CHAPTERS = 'chapters';

function writer(
  child: FfmpegProcess,
  target: Target,
  info: Omit<TakeFile, 'path' | 'bytes' | 'frames'>,
  expected: {
    readonly frames: number;
    readonly values: number;
    bytesOf(rgb: Float32Array, own: Own | undefined, alpha: Float32Array | undefined): Uint8Array;
  },
  encoded: () => number,
): OpenWriter {
  const doing = `writing ${basename(target.path)}`;
  let written = 0;
  let open = true;
  const abort = async () => {
    if (!open) return;
    open = false;
    await child[Symbol.asyncDispose]();
    await discard(target);
  };
  const failed = async () => {
    const { tail } = await child.finished();
    await abort();
    return writeFailure(doing, tail);
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    assert(open, 'the take is still being written');
    try {
      return await work();
    } catch (error) {
      await abort();
      throw error;
    }
  };
  const end = async () => {
    assert(written === expected.frames, `${expected.frames} frames, ${written} were written`);
    const { code, tail } = await child.finished();
    if (code !== 0 || encoded() !== expected.frames) throw writeFailure(doing, tail);
  };
  return {
    notes: info.notes,
    write: (rgb, own, alpha) =>
      guarded(async () => {
        assert(
          rgb.length === expected.values,
          `a frame of ${rgb.length} values where ${expected.values} belong`,
        );
        assert(written < expected.frames, `no more than ${expected.frames} frames`);
        const taken = await child.write(expected.bytesOf(rgb, own, alpha));
        if (!taken) throw await failed();
        written += 1;
      }),
    end: () => guarded(end),
    finish: (beforePublishing) =>
      guarded(async () => {
        await end();
        await beforePublishing?.();
        await publish(target);
        open = false;
        return { ...info, path: target.path, bytes: await sizeOf(target), frames: written };
      }),
    abort,
  };
}

/** Name of the frames for ffmpeg, to which a percent sign in a name means something. */
function framePattern({ partial, stem, digits }: Target, spec: FormatSpec): string {
  return `${join(partial, stem).replaceAll('%', '%%')}.%0${digits!}d${pictureEnding(spec)}`;
}

/** "shot.wav", "shot-2.wav", … beside the frames. */
function soundFile(target: Target, index: number): string {
  return join(target.partial, `${target.stem}${index === 0 ? '' : `-${index + 1}`}.wav`);
}

async function sizeOf(target: Target): Promise<number> {
  if (target.digits === null) return (await stat(target.path)).size;
  return bytesOfPictures(target.path, target.stem);
}

/** The last `frame=` of -progress: pictures that left the encoder; 0 before the first. */
export function parseFrameCount(progress: string): number {
  return Number([...progress.matchAll(/^frame=\s*(\d+)$/gm)].at(-1)?.[1] ?? 0);
}
