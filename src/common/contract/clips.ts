/** Clips: what they are, where their shots begin, how they look small. */
import { z } from 'zod';
import type { ClipInfo } from '../media.ts';
import type { ClipRef } from '../project/document.ts';
import { call } from './call.ts';
import { absolutePath } from './values.ts';

/** Files below the previews folder, as paths relative to it; the page loads them as media://previews/<path>. */
export interface ClipPreview {
  /** H.264, every frame a key frame, the clip's conformed rate and sound: frame n shows at (n + 0.5) / rate seconds. */
  readonly proxy: string;
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

const path = z.strictObject({ path: absolutePath });

export const clipCalls = {
  /** `rate` is for picture sequences, which do not say theirs. */
  'clip.probe': call(
    path.extend({ rate: z.string().max(40).optional() }),
    'reading a clip',
  ).answers<ClipInfo>(),
  'clip.import': call(path, 'importing a clip').answers<{ ref: ClipRef; info: ClipInfo }>(),
  /** First frames of the shots after the first; sensitivity 0 (few cuts) to 1 (many). */
  'clip.cuts': call(path.extend({ sensitivity: z.number().min(0).max(1) }), 'finding shots').answers<{
    cuts: readonly number[];
  }>(),
  /** Made once per file and kept; progress comes as events. */
  'clip.preview': call(path, 'making a preview').answers<ClipPreview>(),
};
