/**
 * What numbered pictures say of the film they are of: OpenEXR (framesPerSecond, timeCode, reelName of its standard attributes) and DPX
 * (SMPTE ST 268: film header, television header). Other pictures say nothing.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ClipInfo, Rational } from '../../../common/media.ts';
import { pictureName } from '../../../common/sequence.ts';
import { parseRate, rational } from '../../../common/time/rational.ts';

export interface PictureHeader {
  readonly rate: Rational | null;
  /** Of this picture; "01:00:00;02" with drop frames. */
  readonly timecode: string | null;
  readonly reel: string | null;
}

const NOTHING: PictureHeader = { rate: null, timecode: null, reel: null };
/** Headers are smaller, unless someone keeps a preview in theirs. */
const MOST_BYTES = 1 << 18;

/** Whether a clip says how fast it runs: movies do, of pictures some. One picture alone does not run. */
export function saysRate({ path, sequence }: Pick<ClipInfo, 'path' | 'sequence'>): boolean {
  if (sequence === null || sequence.count === 1) return true;
  return readPictureHeader(join(dirname(path), pictureName(sequence, sequence.first))).rate !== null;
}

/** Nothing of a file that cannot be read, or whose header is broken: ffmpeg has the last word on it. */
export function readPictureHeader(path: string): PictureHeader {
  const bytes = head(path);
  try {
    if (bytes?.readUInt32LE(0) === 20000630) return openExr(bytes);
    const magic = bytes?.toString('latin1', 0, 4);
    if (magic === 'SDPX') return dpx(bytes!, true);
    if (magic === 'XPDS') return dpx(bytes!, false);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return NOTHING;
}

function head(path: string): Buffer | null {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(MOST_BYTES);
      return bytes.subarray(0, readSync(file, bytes, 0, MOST_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** Attributes of the first part: name and type, each ended by a zero, a size, the value. */
function openExr(bytes: Buffer): PictureHeader {
  let at = 8;
  const word = () => {
    const end = bytes.indexOf(0, at);
    if (end < 0) throw new RangeError('no end');
    const text = bytes.toString('latin1', at, end);
    at = end + 1;
    return text;
  };
  let { rate, timecode, reel } = NOTHING;
  for (let name = word(); name !== ''; name = word()) {
    const type = word();
    const size = bytes.readUInt32LE(at);
    const value = at + 4;
    at = value + size;
    if (name === 'framesPerSecond' && type === 'rational')
      rate = plausible(bytes.readInt32LE(value), bytes.readUInt32LE(value + 4));
    if (name === 'timeCode' && type === 'timecode') {
      const packed = bytes.readUInt32LE(value);
      // SMPTE 12M as television packs it: flags lie between the digits.
      timecode = clock(
        [packed >>> 24, packed >>> 16, packed >>> 8, packed],
        [0x3f, 0x7f, 0x7f, 0x3f],
        (packed & 0x40) !== 0,
      );
    }
    if (name === 'reelName' && type === 'string')
      reel = bytes.toString('utf8', value, value + size).trim() || null;
  }
  return { rate, timecode, reel };
}

const DPX = { pictureAt: 4, filmRate: 1724, timecode: 1920, televisionRate: 1940, end: 2048 };
const UNDEFINED = 0xffffffff;

function dpx(bytes: Buffer, big: boolean): PictureHeader {
  const whole = (at: number) => (big ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  const real = (at: number) => (big ? bytes.readFloatBE(at) : bytes.readFloatLE(at));
  // Short files leave these headers out: their picture begins where they would be.
  if (whole(DPX.pictureAt) < DPX.end) return NOTHING;
  const said = [real(DPX.filmRate), real(DPX.televisionRate)].find((one) => one >= 1 && one <= 1000);
  const packed = whole(DPX.timecode);
  return {
    rate: said === undefined ? null : parseRate(said.toFixed(3).replace(/\.?0+$/, '')),
    // Many writers leave zeros where they have none.
    timecode:
      packed === UNDEFINED || packed === 0
        ? null
        : clock([packed >>> 24, packed >>> 16, packed >>> 8, packed], [0xff, 0xff, 0xff, 0xff], false),
    reel: null,
  };
}

function plausible(num: number, den: number): Rational | null {
  return num > 0 && den > 0 && num / den >= 1 && num / den <= 1000 ? rational(num, den) : null;
}

/** Two digits a byte, hours first; null where they are no time. */
function clock(bytes: readonly number[], masks: readonly number[], drop: boolean): string | null {
  const parts = bytes.map((byte, i) => (byte & masks[i]!).toString(16).padStart(2, '0'));
  if (parts.some((part) => !/^\d\d$/.test(part))) return null;
  const [hours, minutes, seconds, frames] = parts;
  return `${hours}:${minutes}:${seconds}${drop ? ';' : ':'}${frames}`;
}
