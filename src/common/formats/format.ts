/** What a take format is: container, encoder, pixel format, sound, as ffmpeg names them. */

interface SoundSpec {
  readonly encoder: string;
  /** Sample rates it takes; null where any will do. */
  readonly rates: readonly number[] | null;
  /** Bits a second and channel; null where the encoder leaves no choice. */
  readonly bitRate: number | null;
}

export interface FormatSpec {
  /** What artists call it. */
  readonly label: string;
  /** What it is for, in a few words. */
  readonly purpose: string;
  /** First is the usual one. Of pictures it is none: they are a folder or a pattern, see target.ts; theirs is the second. */
  readonly extensions: readonly string[];
  /** `image2` writes each picture as a file of its own, and sound beside them. */
  readonly muxer: 'mov' | 'mp4' | 'mxf' | 'matroska' | 'image2';
  readonly encoder: string;
  /** RGB is written in full range, all else in limited range with the clip's matrix; floats hold linear light. */
  readonly pixelFormat: string;
  readonly video: readonly string[];
  /** How transparency is written: planar with alpha for the filters, then as the encoder wants it; null where there is no place for it. */
  readonly alpha: {
    readonly planar: string;
    readonly pixelFormat: string;
    readonly video: readonly string[];
  } | null;
  readonly sound: SoundSpec;
  readonly movflags: string | null;
  /** Smallest picture the codec takes. */
  readonly minimum: readonly [width: number, height: number];
  /** What its sides must be multiples of; any will do where it says nothing. */
  readonly steps?: readonly [width: number, height: number];
  /** 4:2:0 has even sides only: an odd picture gets one replicated line. */
  readonly evenSides: boolean;
  /** Whether what is read back is what was written, but for rounding to its bits. */
  readonly lossless: boolean;
  /** Bits a pixel and frame of usual footage, and of the least demanding; measured. */
  readonly bitsPerPixel: { readonly usual: number; readonly least: number };
}

export const PCM: SoundSpec = { encoder: 'pcm_s24le', rates: null, bitRate: null };

/** What movies for the web have. */
export const AAC: SoundSpec = {
  encoder: 'aac',
  rates: [7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000],
  bitRate: 128_000,
};

/** Whether a format is a folder of numbered pictures. */
export function isPictures({ muxer }: Pick<FormatSpec, 'muxer'>): boolean {
  return muxer === 'image2';
}

/** What the names of a format's numbered pictures end in. */
export function pictureEnding({ extensions }: Pick<FormatSpec, 'extensions'>): string {
  return extensions[1]!;
}
