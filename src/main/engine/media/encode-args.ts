/** The argument list that writes a take. Pure: what is asked of ffmpeg can be read, and tested, without running it. */

import { type FormatSpec, isPictures } from '../../../common/formats/format.ts';
import type { Fit } from '../../../common/media.ts';
import { formatRational } from '../../../common/time/rational.ts';
import { QUIET } from './args.ts';
import {
  alphaInput,
  codedAs,
  type PicturePlan,
  pictureFilters,
  pictureWithAlpha,
  takesFloats,
} from './encode-picture.ts';
import { soundCodec, soundFileArgs, soundNames } from './encode-sound.ts';
import { inputCanvases, inputChapters } from './input.ts';
import { stackOf } from './merge.ts';
import { soundFilter, soundInput } from './sound-args.ts';

export interface EncodePlan extends PicturePlan {
  /** File to write; of a sequence the pattern, its own percent signs doubled. */
  readonly output: string;
  /** Number of a sequence's first picture. */
  readonly firstNumber: number;
  readonly timecode: string | null;
  /** One file for each of the clip's sounds where the format holds none; null where it does. */
  readonly soundFiles: readonly string[] | null;
  /** A file that lists the take's chapters; null where it has none. */
  readonly chapters: string | null;
}

/**
 * Reads canvases, or stacks, on stdin until it ends (a count would make ffmpeg 5 close the sound early), takes sound and
 * transparency of the range from the clip, writes the take.
 */
export function encodeArgs(plan: EncodePlan): string[] {
  const { clip, range, fit, spec, timecode, soundFiles, alpha, chapters, merged } = plan;
  const floats = takesFloats(spec);
  const inputs = [
    merged
      ? inputCanvases(stackOf(clip, fit), clip.rate, floats ? 'gbrapf32le' : 'gbrap16le')
      : inputCanvases(canvasOf(plan), clip.rate, floats ? 'gbrpf32le' : 'rgb48le'),
    ...(clip.audio.length > 0 ? [soundInput(clip, range)] : []),
    ...(alpha && alpha !== 'given' ? [alphaInput(clip, alpha)] : []),
    ...(chapters ? [inputChapters(chapters)] : []),
  ];
  const alphaAt = clip.audio.length > 0 ? 2 : 1;
  const graph = [
    ...(alpha ? pictureWithAlpha(plan, spec.alpha!, alphaAt) : [`${pictureFilters(plan)}[v]`]),
    ...clip.audio.map((stream, index) => soundFilter(plan, stream, index)),
  ];
  const { tags, range: levels } = codedAs(plan, alpha ? spec.alpha!.pixelFormat : spec.pixelFormat);
  return [
    ...QUIET.filter((option) => option !== '-nostdin'),
    ...['-y', '-progress', 'pipe:1', '-copyts'],
    ...inputs.flat(),
    ...['-filter_complex', graph.join(';')],
    ...['-map', '[v]', '-c:v', spec.encoder, ...spec.video, ...(alpha ? spec.alpha!.video : [])],
    // mergeplanes forgets how long a picture stays.
    ...(alpha || merged
      ? ['-fps_mode', 'cfr', '-r', formatRational(clip.rate)]
      : ['-fps_mode', 'passthrough']),
    ...(isPictures(spec)
      ? ['-start_number', String(plan.firstNumber)]
      : [
          ...['-color_primaries', String(tags.primaries), '-color_trc', String(tags.transfer)],
          ...['-colorspace', String(tags.matrix), '-color_range', levels === 'full' ? 'pc' : 'tv'],
        ]),
    ...(soundFiles ? [] : clip.audio.flatMap((_, index) => ['-map', `[a${index}]`])),
    ...(soundFiles ? [] : soundCodec(plan)),
    // Of the inputs only the names of chapters are taken over as they are.
    ...(chapters
      ? ['-map_metadata:g', '-1', '-map_metadata:s', '-1', '-map_chapters', String(inputs.length - 1)]
      : ['-map_metadata', '-1', '-map_chapters', '-1']),
    ...(soundFiles ? [] : soundNames(plan)),
    ...(timecode === null ? [] : ['-timecode', timecode]),
    ...(clip.reel === null || !hasReel(spec)
      ? []
      : // QuickTime has it in the timecode's track, which ffmpeg makes of the picture's; others have one for all.
        [spec.muxer === 'mov' ? '-metadata:s:v:0' : '-metadata', `reel_name=${clip.reel}`]),
    ...(spec.movflags === null ? [] : ['-movflags', spec.movflags]),
    ...['-f', spec.muxer, `file:${plan.output}`],
    ...(soundFiles ?? []).flatMap((file, index) => soundFileArgs(plan, file, index)),
  ];
}

/** Whether a container has a place for the name of the reel. */
export function hasReel({ muxer }: Pick<FormatSpec, 'muxer'>): boolean {
  return muxer === 'mov' || muxer === 'mxf' || muxer === 'matroska';
}

function canvasOf({ fit: { width, height }, alpha }: EncodePlan): Pick<Fit, 'width' | 'height'> {
  return { width, height: alpha === 'given' ? 2 * height : height };
}
