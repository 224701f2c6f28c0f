/** Whether a take will fit where it goes, as far as can be foretold. */
import { statfs } from 'node:fs/promises';
import prettyBytes from 'pretty-bytes';
import { AppError } from '../../../common/errors.ts';
import type { FormatSpec } from '../../../common/formats/format.ts';
import type { AudioStream, ClipInfo, FrameRange } from '../../../common/media.ts';
import { secondsOf } from './args.ts';

export interface Forecast {
  /** Bytes of a take of usual footage. */
  readonly usual: number;
  /** Bytes that not even the plainest picture stays below. */
  readonly least: number;
}

const PCM_BYTES = 3;

/** What the size of a take follows from. */
type Weighed = Pick<ClipInfo, 'width' | 'height' | 'rate'> & {
  readonly audio: readonly Pick<AudioStream, 'channels' | 'sampleRate'>[];
};

export function forecastOf(clip: Weighed, range: FrameRange, spec: FormatSpec): Forecast {
  const frames = range.end - range.start;
  const seconds = secondsOf(frames, clip.rate);
  const sound = clip.audio.reduce((sum, { channels, sampleRate }) => {
    const bytes = spec.sound.bitRate === null ? sampleRate * PCM_BYTES : spec.sound.bitRate / 8;
    return sum + seconds * channels * bytes;
  }, 0);
  const bytes = (bits: number) => (frames * clip.width * clip.height * bits) / 8 + sound;
  return { usual: bytes(spec.bitsPerPixel.usual), least: bytes(spec.bitsPerPixel.least) };
}

/** FAT32, the usual format of small sticks and cards, by its number in Linux's statfs; it holds no file of 4 GiB. */
const FAT = 0x4d44;
const FAT_LARGEST = 2 ** 32 - 1;

export interface Place {
  readonly doing: string;
  /** Not a sequence of small ones. */
  readonly oneFile: boolean;
}

/** @throws AppError disk-full where the take cannot fit; returns what speaks against it, null where nothing does */
export async function checkRoom(folder: string, forecast: Forecast, place: Place): Promise<string | null> {
  const disk = await statfs(folder).catch(() => null);
  return disk && judgeRoom({ free: disk.bavail * disk.bsize, type: disk.type }, forecast, place);
}

/** `checkRoom` of a disk of so many free bytes. Pure. */
export function judgeRoom(
  { free, type }: { readonly free: number; readonly type: number },
  { usual, least }: Forecast,
  { doing, oneFile }: Place,
): string | null {
  const refuse = (message: string, hint: string) => new AppError('disk-full', message, { doing, hint });
  const needs = `the take will need about ${prettyBytes(usual)}`;
  if (least > free) {
    throw refuse(`${needs}, ${prettyBytes(free)} are free`, 'Free some space or choose another folder.');
  }
  if (oneFile && type === FAT) {
    const limit = `this disk (FAT32) holds no file over ${prettyBytes(FAT_LARGEST)}`;
    if (least > FAT_LARGEST) {
      throw refuse(`${needs}, ${limit}`, 'Choose another disk, a PNG sequence, or fewer frames.');
    }
    if (usual > FAT_LARGEST) return `${needs}, ${limit}`;
  }
  return usual > free ? `${needs}, ${prettyBytes(free)} are free` : null;
}
