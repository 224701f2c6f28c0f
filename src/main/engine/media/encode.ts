/** Writes a take: source size, rate, colours, sound and timecode, under its final name only when it is whole. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError, assert, throwIfCancelled } from '../../../common/errors.ts';
import type { ClipInfo, Fit, FrameRange, Rational, TakeFormat } from '../../../common/media.ts';
import { carriesTimecode, offsetTimecode } from '../../../common/time/timecode.ts';
import { encodeArgs } from './args.ts';
import { writeFailure } from './failure.ts';
import { type Ffmpeg, FfmpegProcess, requireEncoder, resolveFfmpeg } from './ffmpeg.ts';
import { FORMATS } from './formats.ts';
import { checkTarget, discard, planTarget, prepareFolder, publish, type Target } from './target.ts';

export interface TakeOptions {
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  readonly fit: Fit;
  readonly out: string;
  readonly format: TakeFormat;
  /** Names the unfinished file, so that who resumes finds and replaces what a killed process left; random by default. */
  readonly tag?: string;
  readonly ffmpeg?: Ffmpeg;
}

export interface TakeFile {
  /** The file, or the folder of a sequence. */
  readonly path: string;
  readonly format: TakeFormat;
  readonly bytes: number;
  readonly frames: number;
  readonly rate: Rational;
  readonly width: number;
  readonly height: number;
  /** Of the first frame; null where the clip has none or its rate cannot carry one. */
  readonly timecode: string | null;
  readonly reel: string | null;
  readonly audioStreams: number;
  /** What differs from the source: "padded to 322×242, …". */
  readonly notes: readonly string[];
}

export interface TakeWriter {
  /** One frame: RGB in 0..1 (clipped), height·width·3 of the canvas. */
  write(rgb: Float32Array): Promise<void>;
  /** Waits for the encoder, checks the count, renames. */
  finish(): Promise<TakeFile>;
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
  const { clip, range, fit, format } = options;
  throwIfCancelled(signal);
  const spec = FORMATS[format];
  const ffmpeg = options.ffmpeg ?? (await resolveFfmpeg());
  requireEncoder(ffmpeg, spec.encoder);
  if (clip.audio.length > 0) requireEncoder(ffmpeg, spec.audioEncoder);
  const [minWidth, minHeight] = spec.minimum;
  if (clip.width < minWidth || clip.height < minHeight) {
    throw new AppError(
      'usage',
      `${format} holds no picture below ${minWidth}×${minHeight}, the clip has ${clip.width}×${clip.height}`,
      {
        doing: 'preparing the take',
        hint: 'Choose ProRes or a PNG sequence.',
      },
    );
  }
  await checkTarget(options.out, clip.path, format);
  const target = planTarget(options.out, format, options.tag);
  await discard(target);
  await prepareFolder(target);

  const notes: string[] = [];
  const timecode = takeTimecode(clip, range, target, notes);
  const [width, height] = takeSize(clip, spec.evenSides, notes);
  const soundFiles = target.digits === null ? null : clip.audio.map((_, index) => soundFile(target, index));
  const muxer = spec.muxer === 'mp4' && target.path.toLowerCase().endsWith('.mov') ? 'mov' : spec.muxer;
  const output = target.digits === null ? target.partial : framePattern(target, target.digits);
  const args = encodeArgs({ clip, range, fit, spec: { ...spec, muxer }, output, timecode, soundFiles });
  let progress = '';
  const onOutput = (chunk: Buffer) => {
    progress = (progress + chunk.toString('latin1')).slice(-4096);
  };
  let child: FfmpegProcess;
  try {
    child = new FfmpegProcess(ffmpeg, args, {
      doing: `writing ${basename(target.path)}`,
      signal,
      onOutput,
      stallMs: STALL_MS,
    });
  } catch (error) {
    await discard(target);
    throw error;
  }
  const info = {
    format,
    rate: clip.rate,
    width,
    height,
    timecode,
    reel: muxer === 'mov' ? clip.reel : null,
    audioStreams: clip.audio.length,
    notes,
  };
  const expected = { frames: range.end - range.start, values: fit.width * fit.height * 3 };
  return writer(child, target, info, expected, () => parseFrameCount(progress));
}

function writer(
  child: FfmpegProcess,
  target: Target,
  info: Omit<TakeFile, 'path' | 'bytes' | 'frames'>,
  expected: { readonly frames: number; readonly values: number },
  encoded: () => number,
): TakeWriter {
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
  return {
    write: (rgb) =>
      guarded(async () => {
        assert(
          rgb.length === expected.values,
          `a frame of ${rgb.length} values where ${expected.values} belong`,
        );
        assert(written < expected.frames, `no more than ${expected.frames} frames`);
        const taken = await child.write(toRgb48(rgb));
        if (!taken) throw await failed();
        written += 1;
      }),
    finish: () =>
      guarded(async () => {
        assert(written === expected.frames, `${expected.frames} frames, ${written} were written`);
        const { code, tail } = await child.finished();
        if (code !== 0 || encoded() !== expected.frames) throw writeFailure(doing, tail);
        await publish(target);
        open = false;
        return { ...info, path: target.path, bytes: await sizeOf(target), frames: written };
      }),
    abort,
  };
}

/** Clips to 0..1 and spreads over 16 bits, little-endian like every machine this runs on. */
function toRgb48(rgb: Float32Array): Uint8Array {
  const values = new Uint16Array(rgb.length);
  for (let i = 0; i < rgb.length; i += 1) values[i] = Math.min(1, Math.max(0, rgb[i]!)) * 65535 + 0.5;
  return new Uint8Array(values.buffer);
}

function takeTimecode(clip: ClipInfo, range: FrameRange, target: Target, notes: string[]): string | null {
  if (clip.timecode === null || target.digits !== null) return null;
  const timecode = carriesTimecode(clip.rate) ? offsetTimecode(clip.timecode, range.start, clip.rate) : null;
  if (timecode === null) notes.push(`timecode ${clip.timecode} does not fit the rate and is left out`);
  return timecode;
}

function takeSize(clip: ClipInfo, even: boolean, notes: string[]): [number, number] {
  if (!even || (clip.width % 2 === 0 && clip.height % 2 === 0)) return [clip.width, clip.height];
  const size: [number, number] = [clip.width + (clip.width % 2), clip.height + (clip.height % 2)];
  notes.push(`padded to ${size[0]}×${size[1]}: H.264 in 4:2:0 has even sides only`);
  return size;
}

/** Name of the frames for ffmpeg, to which a percent sign in a name means something. */
function framePattern(target: Target, digits: number): string {
  return `${join(target.partial, target.stem).replaceAll('%', '%%')}.%0${digits}d.png`;
}

/** "shot.wav", "shot-2.wav", … beside the frames. */
function soundFile(target: Target, index: number): string {
  return join(target.partial, `${target.stem}${index === 0 ? '' : `-${index + 1}`}.wav`);
}

async function sizeOf(target: Target): Promise<number> {
  if (target.digits === null) return (await stat(target.path)).size;
  const own = (await readdir(target.path)).filter((name) => name.startsWith(target.stem));
  let bytes = 0;
  for (const name of own) bytes += (await stat(join(target.path, name))).size;
  return bytes;
}

/** The last `frame=` of -progress: pictures that left the encoder; 0 before the first. */
export function parseFrameCount(progress: string): number {
  return Number([...progress.matchAll(/^frame=\s*(\d+)$/gm)].at(-1)?.[1] ?? 0);
}
