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

export const PCM: SoundSpec = { encoder: 'pcm_s24le', rates: null, bitRate: null };
