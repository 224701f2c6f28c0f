/** Clips: what they are, where their shots begin, how they look small. */
import { z } from 'zod';
import { maskDraft } from '../masks/mask.ts';
import type { ClipInfo, Rational } from '../media.ts';
import { type ClipRef, clipRef } from '../project/document.ts';
import { sampling } from '../settings/sampling.ts';
import { call } from './call.ts';
import { absolutePath } from './values.ts';

/** Files below the previews folder, as paths relative to it; the page loads them as media://previews/<path>. */
export interface ClipPreview {
  /** H.264, every frame a key frame, the clip's conformed rate and sound: frame n shows at (n + 0.5) / rate seconds. */
  readonly proxy: string;
  /** Of the proxy. A picture sequence may have been given another since. */
  readonly rate: Rational;
  readonly width: number;
  readonly height: number;
  /** One JPEG sheet of frames in rows; thumbnail k shows frame k·every. */
  readonly thumbnails: {
    readonly sheet: string;
    readonly columns: number;
    readonly count: number;
    readonly every: number;
    readonly width: number;
    readonly height: number;
  };
  /** Peaks of the sound, lowest and highest of each bucket, -127..127 interleaved; null for a silent clip. */
  readonly waveform: { readonly file: string; readonly bucketsPerSecond: number } | null;
}

/** Where one frame is edited, over its whole picture. */
export interface MaskPicture {
  readonly width: number;
  readonly height: number;
  /** Row by row: 0 stays the clip, 255 is the edit. */
  readonly coverage: Uint8Array;
  /** How far what a brush carried here can be relied on, 0..1; null where no brush is in the mask. */
  readonly confidence: number | null;
}

/** One frame of a file, at most as large as its proxy. */
export interface PictureOfFrame {
  /** RGBA, width·height·4. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface Description {
  readonly text: string;
  /** It would have gone on: the text was as long as it may be. */
  readonly cut: boolean;
  /** What said it, by name. */
  readonly captioner: string;
}

const path = z.strictObject({ path: absolutePath });

export const clipCalls = {
  /** `rate` is for picture sequences, which do not say theirs. */
  'clip.probe': call(
    path.extend({ rate: z.string().max(40).optional() }),
    'reading a clip',
  ).answers<ClipInfo>(),
  /** `usualRate` is that of the timeline, for pictures that do not say theirs. */
  'clip.import': call(path.extend({ usualRate: z.string().max(40).optional() }), 'importing a clip').answers<{
    ref: ClipRef;
    info: ClipInfo;
    /** Nobody said how fast its pictures run. */
    isRateGuessed: boolean;
  }>(),
  /** First frames of the shots after the first; sensitivity 0 (few cuts) to 1 (many). */
  'clip.cuts': call(path.extend({ sensitivity: z.number().min(0).max(1) }), 'finding shots').answers<{
    cuts: readonly number[];
  }>(),
  /**
   * A frame's finished mask at the size in which a render has it: mattes read, brushes carried along the motion, which is kept. Given up,
   * it stops. `bundle`: null is the default one; without any, the size is that of Stable Diffusion.
   */
  'clip.mask': call(
    z.strictObject({
      clip: clipRef,
      mask: maskDraft,
      frame: z.int().min(0),
      bundle: absolutePath.nullable(),
      size: sampling.size.schema,
      /** A motion estimator's folder; null is the model's own, or Retake's. */
      flow: absolutePath.nullable(),
    }),
    'showing a mask',
  ).answers<MaskPicture>(),
  /** A frame of a clip or a take as a PNG in a folder, beside what is there; `name` is what it is called, without an ending. */
  'clip.saveFrame': call(
    path.extend({
      frame: z.int().min(0),
      folder: absolutePath,
      name: z.string().min(1).max(10_000),
      /** As a larger picture: by the upscaler in a folder; null is the only one that the library has. */
      larger: z.strictObject({ upscaler: absolutePath.nullable() }).nullable().default(null),
    }),
    'saving a frame',
  ).answers<{ path: string }>(),
  /** Read from the file itself, for as long as its preview is not there. */
  'clip.frame': call(path.extend({ frame: z.int().min(0) }), 'showing a frame').answers<PictureOfFrame>(),
  /**
   * What a captioner says of a frame, in one line; `estimator` is its folder, null the only one that the library has. How far it is comes
   * as events. Given up, it stops between two words.
   */
  'clip.describe': call(
    path.extend({ frame: z.int().min(0), estimator: absolutePath.nullable() }),
    'describing a frame',
  ).answers<Description>(),
  /** Made once per file and kept; progress comes as events. */
  'clip.preview': call(path, 'making a preview').answers<ClipPreview>(),
};
