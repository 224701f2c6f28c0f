/** The table of take formats: container, encoder, pixel format, sound. Commands follow the ASWF encoding guidelines. */
import type { TakeFormat } from '../../../common/media.ts';

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
  /** First is the usual one. PNG is a folder or a pattern, see target.ts. */
  readonly extensions: readonly string[];
  readonly muxer: string;
  readonly encoder: string;
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
  /** 4:2:0 has even sides only: an odd picture gets one replicated line. */
  readonly evenSides: boolean;
  /** Bits a pixel and frame of usual footage, and of the least demanding; measured. */
  readonly bitsPerPixel: { readonly usual: number; readonly least: number };
}

const PCM: SoundSpec = { encoder: 'pcm_s24le', rates: null, bitRate: null };
const AAC: SoundSpec = {
  encoder: 'aac',
  rates: [7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000],
  bitRate: 128_000,
};

const PRORES = {
  extensions: ['.mov'],
  muxer: 'mov',
  encoder: 'prores_ks',
  sound: PCM,
  movflags: '+write_colr',
  minimum: [1, 1],
  evenSides: false,
} as const;

/** Where sequences begin to count, leaving room for handles in front. */
export const FIRST_NUMBER = 1001;

export const FORMATS: Readonly<Record<TakeFormat, FormatSpec>> = {
  prores422hq: {
    ...PRORES,
    label: 'ProRes 422 HQ',
    pixelFormat: 'yuv422p10le',
    video: ['-profile:v', '3', '-vendor', 'apl0', '-metadata:s:v:0', 'encoder=Apple ProRes 422 HQ'],
    alpha: null,
    bitsPerPixel: { usual: 4.5, least: 0.07 },
  },
  prores4444: {
    ...PRORES,
    label: 'ProRes 4444',
    pixelFormat: 'yuv444p10le',
    video: ['-profile:v', '4', '-vendor', 'apl0', '-metadata:s:v:0', 'encoder=Apple ProRes 4444'],
    alpha: { planar: 'yuva444p10le', pixelFormat: 'yuva444p10le', video: ['-alpha_bits', '16'] },
    bitsPerPixel: { usual: 6.5, least: 0.08 },
  },
  'dnxhr-hqx': {
    ...PRORES,
    label: 'DNxHR HQX',
    encoder: 'dnxhd',
    pixelFormat: 'yuv422p10le',
    video: ['-profile:v', 'dnxhr_hqx'],
    alpha: null,
    minimum: [256, 120],
    // Every frame takes the same room, whatever it shows.
    bitsPerPixel: { usual: 3.55, least: 3.45 },
  },
  h264: {
    extensions: ['.mp4', '.mov', '.m4v'],
    label: 'H.264',
    muxer: 'mp4',
    encoder: 'libx264',
    pixelFormat: 'yuv420p',
    video: ['-crf', '16', '-preset', 'medium', '-bf', '2'],
    alpha: null,
    sound: AAC,
    movflags: '+write_colr+faststart',
    minimum: [2, 2],
    evenSides: true,
    bitsPerPixel: { usual: 0.5, least: 0.001 },
  },
  png: {
    extensions: ['', '.png'],
    label: 'a PNG sequence',
    muxer: 'image2',
    encoder: 'png',
    pixelFormat: 'rgb48be',
    video: [],
    alpha: { planar: 'gbrap16le', pixelFormat: 'rgba64be', video: [] },
    sound: PCM,
    movflags: null,
    minimum: [1, 1],
    evenSides: false,
    bitsPerPixel: { usual: 15, least: 0.05 },
  },
};
