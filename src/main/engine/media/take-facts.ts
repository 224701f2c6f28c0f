/** What a take has of its clip, and a note of each thing that it cannot have. */

import type { FormatSpec } from '../../../common/formats/format.ts';
import { KEEP_TRANSPARENCY } from '../../../common/formats/registry.ts';
import type { ClipInfo, FrameRange } from '../../../common/media.ts';
import { carriesTimecode, offsetTimecode } from '../../../common/time/timecode.ts';
import { alphaDecoder, secondsOf } from './args.ts';
import type { AlphaInput } from './encode-picture.ts';
import { languageIn } from './encode-sound.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { Target } from './target.ts';

/** Codecs of nothing but key frames: a seek lands exactly. */
const INTRA = /^(prores|png|cfhd)$/;

export function alphaOf(
  { clip, range, alpha = 'auto' }: { clip: ClipInfo; range: FrameRange; alpha?: 'auto' | 'off' | 'given' },
  spec: FormatSpec,
  ffmpeg: Ffmpeg,
  notes: string[],
): AlphaInput | 'given' | null {
  if (!clip.alpha || alpha === 'off') return null;
  if (spec.alpha === null) {
    notes.push(`transparency is left out: ${spec.label} holds none; ${KEEP_TRANSPARENCY} keep it`);
    return null;
  }
  if (alpha === 'given') return 'given';
  const decoder = alphaDecoder(clip);
  if (decoder !== null && !ffmpeg.decoders.has(decoder)) {
    notes.push(`transparency is left out: this ffmpeg has no ${decoder} to read it with`);
    return null;
  }
  const seek = clip.startTime + secondsOf(range.start, clip.rate) - ALPHA_RUN_UP_SECONDS;
  const exact =
    INTRA.test(clip.codec) &&
    clip.container.startsWith('mov') &&
    clip.sourceTimes === null &&
    clip.retiming === null;
  return { decoder, seek: exact && seek > Math.max(0, clip.startTime) ? seek : null };
}

const ALPHA_RUN_UP_SECONDS = 1;

export function soundNotes(clip: ClipInfo, spec: FormatSpec, notes: string[]): void {
  const { label, muxer } = spec;
  const { rates } = spec.sound;
  for (const [index, { layout, channels, sampleRate, language, title }] of clip.audio.entries()) {
    const track = `sound track ${index + 1}`;
    if (layout.startsWith('ambisonic')) {
      notes.push(
        `${track} is ${layout}: its ${channels} channels are kept in order, ${label} has no word for what they are`,
      );
    }
    if (language !== null && languageIn(muxer, language) === null) {
      const why = muxer === 'mov' ? 'QuickTime has no number for it' : `${label} has no place for it`;
      notes.push(`the language of ${track} (${language}) is left out: ${why}`);
    }
    if (title !== null && muxer === 'mxf') {
      notes.push(`the title of ${track} (${title}) is left out: ${label} has no place for it`);
    }
    if (rates !== null && !rates.includes(sampleRate)) {
      notes.push(`${track} has ${sampleRate} samples a second, which ${label} cannot hold: it is resampled`);
    }
  }
}

export function takeTimecode(
  clip: ClipInfo,
  range: FrameRange,
  target: Target,
  notes: string[],
): string | null {
  if (clip.timecode === null || target.digits !== null) return null;
  const timecode = carriesTimecode(clip.rate) ? offsetTimecode(clip.timecode, range.start, clip.rate) : null;
  if (timecode === null) notes.push(`timecode ${clip.timecode} does not fit the rate and is left out`);
  return timecode;
}

export function takeSize(clip: ClipInfo, spec: FormatSpec, notes: string[]): [number, number] {
  if (!spec.evenSides || (clip.width % 2 === 0 && clip.height % 2 === 0)) return [clip.width, clip.height];
  const size: [number, number] = [clip.width + (clip.width % 2), clip.height + (clip.height % 2)];
  notes.push(`padded to ${size[0]}×${size[1]}: ${spec.label} in 4:2:0 has even sides only`);
  return size;
}
