/** Peaks of a clip's sound for the timeline. */
import { basename } from 'node:path';
import type { ClipInfo } from '../../../common/media.ts';
import { writeFailure } from '../media/failure.ts';
import { FfmpegProcess, resolveFfmpeg } from '../media/ffmpeg.ts';
import { samplesArgs } from '../media/preview-args.ts';

export const BUCKETS_PER_SECOND = 100;
const SAMPLE_RATE = 48_000;
const PER_BUCKET = SAMPLE_RATE / BUCKETS_PER_SECOND;

/** Lowest and highest sample of each hundredth of a second, interleaved, -127..127. @throws AppError ffmpeg-failed; Cancelled */
export async function makeWaveform(clip: ClipInfo, signal?: AbortSignal): Promise<Int8Array> {
  const doing = `reading the sound of ${basename(clip.path)}`;
  await using child = new FfmpegProcess(await resolveFfmpeg(), samplesArgs(clip, SAMPLE_RATE), {
    doing,
    signal,
  });
  const peaks: number[] = [];
  let [low, high, taken] = [0, 0, 0];
  let odd: Buffer | null = null;
  const close = () => {
    peaks.push(toByte(low), toByte(high));
    [low, high, taken] = [0, 0, 0];
  };
  for await (const chunk of child.output()) {
    const bytes: Buffer = odd ? Buffer.concat([odd, chunk]) : chunk;
    const samples = Math.floor(bytes.length / 2);
    for (let i = 0; i < samples; i += 1) {
      const value = bytes.readInt16LE(i * 2);
      if (value < low) low = value;
      if (value > high) high = value;
      taken += 1;
      if (taken === PER_BUCKET) close();
    }
    odd = bytes.length % 2 === 1 ? bytes.subarray(bytes.length - 1) : null;
  }
  if (taken > 0) close();
  const { code, tail } = await child.finished();
  if (code !== 0) throw writeFailure(doing, tail);
  return Int8Array.from(peaks);
}

function toByte(sample: number): number {
  return Math.round((sample / 32768) * 127);
}
