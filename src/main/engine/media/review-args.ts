/** Argument lists for what is made of a take to look at: a contact sheet, a movie beside its clip. Pictures come on stdin. Pure. */
import type { ClipInfo, FrameRange, Rational } from '../../../common/media.ts';
import { formatRational } from '../../../common/time/rational.ts';
import { QUIET } from './args.ts';
import { inputCanvases } from './input.ts';
import type { Size } from './preview-args.ts';
import { mixedSoundFilter, soundInput } from './sound-args.ts';

const QUIET_ON_STDIN = QUIET.filter((option) => option !== '-nostdin');

export interface Line {
  /** Holds the text: what an artist writes means nothing to ffmpeg then. */
  readonly file: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly bright: boolean;
}

export interface SheetPicture extends Size {
  readonly output: string;
  readonly lines: readonly Line[];
}

/** One RGB picture with lines of text over it, as PNG. */
export function sheetPictureArgs({ output, lines, ...size }: SheetPicture): string[] {
  const texts = lines.map(
    ({ file, x, y, size: height, bright }) =>
      `drawtext=textfile='${escaped(file)}':expansion=none:x=${x}:y=${y}:fontsize=${height}:fontcolor=${bright ? '0xe6e9ee' : '0x9aa1ac'}`,
  );
  return [
    ...QUIET_ON_STDIN,
    '-y',
    ...inputCanvases(size, { num: 1, den: 1 }, 'rgb24'),
    ...(texts.length > 0 ? ['-vf', [...texts, 'format=rgb24'].join(',')] : []),
    ...[
      '-frames:v',
      '1',
      '-update',
      '1',
      '-c:v',
      'png',
      '-pred',
      'mixed',
      '-f',
      'image2',
      `file:${plain(output)}`,
    ],
  ];
}

/** In quotes of a filter only these mean something; and a colon and a backslash to the filter itself. */
function escaped(path: string): string {
  return path.replaceAll('\\', '/').replaceAll(':', '\\:').replaceAll("'", "'\\\\\\''");
}

/** To the writer of pictures a percent sign stands for a number. */
function plain(path: string): string {
  return path.replaceAll('%', '%%');
}

export interface CompareMovie extends Size {
  readonly output: string;
  readonly rate: Rational;
  readonly frames: number;
  /** Whose first sound it has, over which of its frames; null for none. */
  readonly sound: { readonly clip: ClipInfo; readonly range: FrameRange } | null;
}

/** H.264 in BT.709 and 4:2:0 with stereo AAC, its index in front: what every player and browser shows. Sides are even. */
export function compareArgs({ output, rate, frames, sound, ...size }: CompareMovie): string[] {
  const picture = [
    'scale=in_range=full:out_range=limited:out_color_matrix=bt709:flags=accurate_rnd+full_chroma_int',
    'format=yuv420p',
    'setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709',
    'setsar=1',
  ];
  const graph = [
    `[0:v]${picture.join(',')}[v]`,
    ...(sound ? [mixedSoundFilter(sound, sound.clip.audio[0]!, 0)] : []),
  ];
  return [
    ...QUIET_ON_STDIN,
    ...['-y', '-progress', 'pipe:1', '-copyts'],
    ...inputCanvases(size, rate, 'rgb24'),
    ...(sound ? soundInput(sound.clip, sound.range) : []),
    ...['-filter_complex', graph.join(';')],
    ...['-map', '[v]', '-frames:v', String(frames), '-fps_mode', 'cfr', '-r', formatRational(rate)],
    ...['-c:v', 'libx264', '-preset', 'medium', '-crf', '16', '-bf', '2'],
    ...['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'],
    ...(sound ? ['-map', '[a0]', '-c:a', 'aac', '-b:a', '192k', '-ac', '2', '-ar', '48000'] : []),
    ...['-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-video_track_timescale', String(rate.num), '-movflags', '+faststart', '-f', 'mp4', `file:${output}`],
  ];
}
