/** Small clips made on the spot, for tests that must not depend on trial data. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClipInfo, Fit } from '../../src/common/media.ts';
import { resolveFfmpeg, runFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';

/** A folder that is gone when the test ends: `using folder = tempFolder()`. */
export function tempFolder(): Disposable & { readonly path: string; at(name: string): string } {
  const path = mkdtempSync(join(tmpdir(), 'retake-test-'));
  return {
    path,
    at: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Runs ffmpeg for a test; a failure fails the test with ffmpeg's own words. */
export async function ffmpegDoes(...args: string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  const { code, tail } = await runFfmpeg(await resolveFfmpeg(), ['-hide_banner', '-nostdin', '-y', ...args], {
    doing: 'making a test clip',
    onLine: (line) => lines.push(line),
  });
  if (code !== 0) throw new Error(`ffmpeg ${args.join(' ')}\n${tail.join('\n')}`);
  return lines;
}

const BAR = 16;
const BITS = 10;
export const COUNTER_WIDTH = BAR * BITS;
export const COUNTER_HEIGHT = 64;

/** A test card at 24 frames per second; six frames are rendered in seconds, also on a busy machine. */
export async function testCard(path: string, frames = 6): Promise<string> {
  const source = `testsrc2=s=128x96:r=24:d=${frames / 24}`;
  await ffmpegDoes('-f', 'lavfi', '-i', source, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', path);
  return path;
}

/** A source whose picture n is first + n in binary: ten bars, 16 pixels each, lowest bit left. Survives any codec. */
export function counter(rate: string, frames: number, first = 0): string[] {
  const bars = `geq=lum='if(mod(floor((${first}+N)/pow(2,floor(X/${BAR}))),2),235,16)':cb=128:cr=128`;
  return [
    '-f',
    'lavfi',
    '-i',
    `nullsrc=s=${COUNTER_WIDTH}x${COUNTER_HEIGHT}:r=${rate},${bars},format=yuv420p,trim=end_frame=${frames}`,
  ];
}

/** Reads the number off a counter picture of its original size. */
export function readCounter(rgb: Uint8Array, width = COUNTER_WIDTH, height = COUNTER_HEIGHT): number {
  let value = 0;
  for (let bit = 0; bit < BITS; bit += 1) {
    const x = Math.floor(((bit + 0.5) * width) / BITS);
    const y = Math.floor(height / 2);
    if (rgb[(y * width + x) * 3 + 1]! > 127) value += 2 ** bit;
  }
  return value;
}

/** The fit that leaves every pixel where it is. */
export function wholeFit({ width, height }: Pick<ClipInfo, 'width' | 'height'>): Fit {
  return {
    sourceWidth: width,
    sourceHeight: height,
    contentWidth: width,
    contentHeight: height,
    width,
    height,
    left: 0,
    top: 0,
  };
}

/** Small and quick H.264 that still has B-frames and several groups of pictures. */
export const H264 = [
  '-c:v',
  'libx264',
  '-preset',
  'ultrafast',
  '-bf',
  '2',
  '-g',
  '24',
  '-crf',
  '18',
  '-pix_fmt',
  'yuv420p',
];

/** Peak signal to noise ratio of two pictures of 8 bits, in dB. */
export function psnr(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`sizes differ: ${a.length}, ${b.length}`);
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i]! - b[i]!) ** 2;
  return sum === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(255 ** 2 / (sum / a.length));
}
