/** An A/B movie: the clip beside the take, or a line that wipes between them; H.264 that plays everywhere. */
import { basename, extname } from 'node:path';
import type { CompareRequest, WrittenFile } from '../../../common/contract/takes.ts';
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { toNumber } from '../../../common/time/rational.ts';
import { makeWhole } from '../../atomic-files.ts';
import { decodeSized } from '../media/decode.ts';
import { parseFrameCount } from '../media/encode.ts';
import { writeFailure } from '../media/failure.ts';
import { FfmpegProcess, requireEncoder, resolveFfmpeg } from '../media/ffmpeg.ts';
import { compareArgs } from '../media/review-args.ts';
import { checkOut, partOf, type Take } from './take.ts';

export interface CompareOptions {
  readonly out: string;
  readonly layout: CompareRequest['layout'];
  readonly signal?: AbortSignal | undefined;
  readonly onFraction?: ((fraction: number) => void) | undefined;
}

/** Larger pictures are beyond what players decode in hardware. */
const WIDEST = 4096;
const TALLEST = 2304;
/** The line of a wipe goes to one side and the other and is back after so many seconds. */
const WIPE_SECONDS = 4;
const WIPE_REACH = 0.4;
const LINE = 2;
/** Moving the index to the front is silent. */
const STALL_MS = 300_000;

/** @throws AppError usage, output-unwritable, clip-unreadable, encoder-missing, disk-full; Cancelled. Nothing is left under its name then */
export async function writeComparison(
  take: Take,
  clip: ClipInfo,
  options: CompareOptions,
): Promise<WrittenFile> {
  const { out, layout, signal } = options;
  if (extname(out).toLowerCase() !== '.mp4') {
    throw new AppError('usage', `an A/B movie cannot be named ${basename(out)}`, {
      doing: 'choosing where the movie goes',
      hint: 'Let the name end in .mp4.',
    });
  }
  checkOut(out, take, clip);
  const ffmpeg = await resolveFfmpeg();
  requireEncoder(ffmpeg, 'libx264');
  const { frames, rate, audioStreams } = take.report.take;
  const { range } = take.report;
  const across = layout === 'side' ? 2 : 1;
  const size = pictureSize(clip, across);
  const whole = { width: across * size.width, height: size.height };
  // Pictures have their sound in files beside them, which is the clip's over the same frames.
  const sound =
    audioStreams === 0
      ? null
      : take.picture.audio.length > 0
        ? { clip: take.picture, range: { start: 0, end: frames } }
        : clip.audio.length > 0
          ? { clip, range }
          : null;
  if (sound) requireEncoder(ffmpeg, 'aac');
  const doing = `writing ${basename(out)}`;
  await makeWhole(out, async (output) => {
    let progress = '';
    const onOutput = (chunk: Buffer) => {
      progress = (progress + chunk.toString('latin1')).slice(-4096);
    };
    const args = compareArgs({ ...whole, output, rate, frames, sound });
    await using child = new FfmpegProcess(ffmpeg, args, { doing, signal, onOutput, stallMs: STALL_MS });
    const source = decodeSized(clip, { range, ...size, signal });
    try {
      const own = { range: { start: 0, end: frames }, ...size, part: partOf(take), exact: true, signal };
      for await (const { index, rgb } of decodeSized(take.picture, own)) {
        const of = (await source.next()).value!.rgb;
        const joined = layout === 'side' ? beside(of, rgb, size) : wiped(of, rgb, size, lineAt(index, rate));
        if (!(await child.write(joined))) throw writeFailure(doing, (await child.finished()).tail);
        options.onFraction?.((index + 1) / frames);
        throwIfCancelled(signal);
      }
    } finally {
      await source.return(undefined);
    }
    const { code, tail } = await child.finished();
    if (code !== 0 || parseFrameCount(progress) !== frames) throw writeFailure(doing, tail);
  });
  const scaled = size.width < clip.width - 1;
  return {
    path: out,
    notes: scaled ? [`scaled to ${whole.width}×${whole.height}, which players can show`] : [],
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of one picture: the clip's own, or as large as both fit; sides are even. */
function pictureSize({ width, height }: Size, across: number): Size {
  const scale = Math.min(1, WIDEST / (across * width), TALLEST / height);
  const even = (side: number) => Math.max(2, 2 * Math.floor((side * scale) / 2 + 1e-9));
  return { width: even(width), height: even(height) };
}

function beside(left: Uint8Array, right: Uint8Array, { width, height }: Size): Uint8Array {
  const line = 3 * width;
  const out = new Uint8Array(2 * line * height);
  for (let y = 0; y < height; y++) {
    out.set(left.subarray(y * line, (y + 1) * line), 2 * y * line);
    out.set(right.subarray(y * line, (y + 1) * line), (2 * y + 1) * line);
  }
  return out;
}

/** Share of the width at which the line stands; it begins in the middle. */
function lineAt(frame: number, rate: { num: number; den: number }): number {
  return 0.5 + WIPE_REACH * Math.sin((2 * Math.PI * frame) / toNumber(rate) / WIPE_SECONDS);
}

/** The clip left of the line, the take right of it. */
function wiped(clip: Uint8Array, take: Uint8Array, { width, height }: Size, at: number): Uint8Array {
  const column = Math.round(at * width);
  const out = take.slice();
  const line = 3 * width;
  for (let y = 0; y < height; y++) {
    out.set(clip.subarray(y * line, y * line + 3 * column), y * line);
    const from = Math.max(0, column - LINE / 2);
    out.fill(255, y * line + 3 * from, y * line + 3 * Math.min(width, from + LINE));
  }
  return out;
}
