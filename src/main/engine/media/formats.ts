/** The table of take formats: container, encoder, pixel format. Commands follow the ASWF encoding guidelines. */
import type { TakeFormat } from '../../../common/media.ts';

export interface FormatSpec {
  /** First is the usual one. PNG is a folder or a pattern, see target.ts. */
  readonly extensions: readonly string[];
  readonly muxer: string;
  readonly encoder: string;
  readonly pixelFormat: string;
  readonly video: readonly string[];
  readonly audioEncoder: string;
  readonly movflags: string | null;
  /** Smallest picture the codec takes. */
  readonly minimum: readonly [width: number, height: number];
  /** 4:2:0 has even sides only: an odd picture gets one replicated line. */
  readonly evenSides: boolean;
}

const PRORES = {
  extensions: ['.mov'],
  muxer: 'mov',
  encoder: 'prores_ks',
  audioEncoder: 'pcm_s24le',
  movflags: '+write_colr',
  minimum: [1, 1],
  evenSides: false,
} as const;

/** Where sequences begin to count, leaving room for handles in front. */
export const FIRST_NUMBER = 1001;

export const FORMATS: Readonly<Record<TakeFormat, FormatSpec>> = {
  prores422hq: {
    ...PRORES,
    pixelFormat: 'yuv422p10le',
    video: ['-profile:v', '3', '-vendor', 'apl0', '-metadata:s:v:0', 'encoder=Apple ProRes 422 HQ'],
  },
  prores4444: {
    ...PRORES,
    pixelFormat: 'yuv444p10le',
    video: ['-profile:v', '4', '-vendor', 'apl0', '-metadata:s:v:0', 'encoder=Apple ProRes 4444'],
  },
  'dnxhr-hqx': {
    ...PRORES,
    encoder: 'dnxhd',
    pixelFormat: 'yuv422p10le',
    video: ['-profile:v', 'dnxhr_hqx'],
    minimum: [256, 120],
  },
  h264: {
    extensions: ['.mp4', '.mov', '.m4v'],
    muxer: 'mp4',
    encoder: 'libx264',
    pixelFormat: 'yuv420p',
    video: ['-crf', '16', '-preset', 'medium', '-bf', '2'],
    audioEncoder: 'aac',
    movflags: '+write_colr+faststart',
    minimum: [2, 2],
    evenSides: true,
  },
  png: {
    extensions: ['', '.png'],
    muxer: 'image2',
    encoder: 'png',
    pixelFormat: 'rgb48be',
    video: ['-start_number', String(FIRST_NUMBER)],
    audioEncoder: 'pcm_s24le',
    movflags: null,
    minimum: [1, 1],
    evenSides: false,
  },
};
