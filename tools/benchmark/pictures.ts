/** Pictures between files and memory: takes of the engine, strips of frames kept for later, contact sheets. */
import { basename, join } from 'node:path';
import { AppError } from '../../src/common/errors.ts';
import { FfmpegProcess, resolveFfmpeg, runFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { FIRST_NUMBER } from '../../src/main/engine/media/sequence.ts';

const QUIET = ['-hide_banner', '-nostats', '-loglevel', 'error', '-y'];

/** Raw bytes of what ffmpeg reads. */
async function raw(
  input: readonly string[],
  pixelFormat: string,
  doing: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  const args = [...QUIET, '-nostdin', ...input, '-f', 'rawvideo', '-pix_fmt', pixelFormat, '-'];
  const { code, tail } = await runFfmpeg(await resolveFfmpeg(), args, {
    doing,
    onOutput: (chunk) => chunks.push(chunk),
  });
  if (code !== 0) throw new AppError('ffmpeg-failed', tail.join(' '), { doing });
  return new Uint8Array(Buffer.concat(chunks));
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, i) => bytes.slice(i * size, (i + 1) * size));
}

/** Frames of a PNG take (16 bit), rounded to 8 bit. @param size values of a picture */
export async function readTake(folder: string, size: number): Promise<Uint8Array[]> {
  const stem = basename(folder);
  const input = ['-start_number', String(FIRST_NUMBER), '-i', join(folder, `${stem}.%04d.png`)];
  const bytes = await raw(input, 'rgb48le', `reading ${folder}`);
  const wide = new Uint16Array(bytes.buffer);
  return cut(new Uint8Array(wide.map((value) => Math.round(value / 257))), size);
}

/** Frames under one another in one PNG: their bytes in the file are the frames' in order. */
export async function writeStrip(frames: readonly Uint8Array[], side: number, out: string): Promise<void> {
  await writePng(Buffer.concat(frames), side, side * frames.length, out);
}

/** RGB8 (height·width·3) of one picture. */
export function readPicture(file: string): Promise<Uint8Array> {
  return raw(['-i', file], 'rgb24', `reading ${file}`);
}

export async function readStrip(file: string, side: number): Promise<Uint8Array[]> {
  return cut(await raw(['-i', file], 'rgb24', `reading ${file}`), side * side * 3);
}

/** @param rgb RGB8 of height·width·3; filters are ffmpeg's, applied on the way */
export async function writePng(
  rgb: Uint8Array,
  width: number,
  height: number,
  out: string,
  filters: readonly string[] = [],
): Promise<void> {
  const doing = `writing ${out}`;
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-i', '-'];
  const filter = filters.length > 0 ? ['-vf', filters.join(',')] : [];
  const args = [...QUIET, ...input, ...filter, '-frames:v', '1', '-update', '1', '-pred', 'mixed', out];
  await using child = new FfmpegProcess(await resolveFfmpeg(), args, { doing });
  await child.write(rgb);
  const { code, tail } = await child.finished();
  if (code !== 0) throw new AppError('ffmpeg-failed', tail.join(' '), { doing });
}
