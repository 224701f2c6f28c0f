/** Argument lists for what the timeline shows: a film that seeks at once, a sheet of thumbnails, the sound's samples. Pure. */
import type { ClipInfo } from '../../../common/media.ts';
import { formatRational } from '../../../common/time/rational.ts';
import { conform, QUIET, readable, scaleToRgb } from './args.ts';
import { sourceCoding } from './colour.ts';
import { inputClip, inputFile } from './input.ts';
import { holdsLight } from './linear.ts';
import { mixedSoundFilter, soundInput } from './sound-args.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** At most `longest` wide or high, never larger than the clip, both sides even as 4:2:0 wants. */
export function previewSize({ width, height }: Size, longest: number): Size {
  const scale = Math.min(1, longest / Math.max(width, height));
  const even = (side: number) => Math.max(2, 2 * Math.round((side * scale) / 2));
  return { width: even(width), height: even(height) };
}

/** H.264 in BT.709, every frame a key frame, exactly clip.frames frames of equal length from time zero, stereo AAC. */
export function proxyArgs(clip: ClipInfo, plan: Size & { toneMap: boolean; output: string }): string[] {
  const whole = { clip, range: { start: 0, end: clip.frames } };
  const sound = clip.audio[0];
  const picture = [
    ...conform(clip),
    ...toVideo(clip, plan),
    'setsar=1',
    // A damaged file may give fewer pictures than it has frames; the last one stays.
    'tpad=stop_mode=clone:stop=-1',
    `trim=end_frame=${clip.frames}`,
    // In the time base of `fps`, one frame; the clip's clock may start anywhere.
    'setpts=N',
  ];
  const graph = [
    `[0:${clip.stream}]${picture.join(',')}[v]`,
    ...(sound ? [mixedSoundFilter(whole, sound, 0)] : []),
  ];
  return [
    ...QUIET,
    ...['-y', '-progress', 'pipe:1', '-copyts'],
    ...inputClip(clip),
    ...(sound ? soundInput(clip, whole.range) : []),
    ...['-filter_complex', graph.join(';')],
    ...['-map', '[v]', '-frames:v', String(clip.frames), '-fps_mode', 'cfr', '-r', formatRational(clip.rate)],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'fastdecode', '-crf', '20', '-g', '1', '-bf', '0'],
    ...['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'],
    ...(sound ? ['-map', '[a0]', '-c:a', 'aac', '-b:a', '160k', '-ac', '2', '-ar', '48000'] : []),
    ...['-map_metadata', '-1', '-map_chapters', '-1'],
    ...[
      '-video_track_timescale',
      String(clip.rate.num),
      '-movflags',
      '+faststart',
      '-f',
      'mp4',
      `file:${plan.output}`,
    ],
  ];
}

function toVideo(clip: ClipInfo, plan: Size & { toneMap: boolean }): string[] {
  const out = 'out_color_matrix=bt709:out_range=limited';
  if (plan.toneMap || holdsLight(clip))
    return [...scaleToRgb(clip, plan), `scale=in_range=full:${out}`, 'format=yuv420p'];
  const { matrix, range } = sourceCoding(clip);
  const size = `scale=w=${plan.width}:h=${plan.height}:flags=bilinear`;
  return [...readable(clip), `${size}:in_color_matrix=${matrix}:in_range=${range}:${out}`, 'format=yuv420p'];
}

export interface SheetPlan extends Size {
  readonly every: number;
  readonly columns: number;
  readonly rows: number;
  readonly output: string;
}

/** Every so many-th frame of a proxy as tiles of one JPEG. */
export function sheetArgs(
  proxy: string,
  { every, width, height, columns, rows, output }: SheetPlan,
): string[] {
  const filters = [
    `select='not(mod(n,${every}))'`,
    `scale=w=${width}:h=${height}:flags=area:out_color_matrix=bt601:out_range=full`,
    'format=yuvj420p',
    `tile=${columns}x${rows}`,
  ];
  return [
    ...QUIET,
    '-y',
    ...inputFile(proxy),
    ...['-map', '0:V:0', '-vf', filters.join(','), '-fps_mode', 'passthrough', '-frames:v', '1'],
    ...['-c:v', 'mjpeg', '-q:v', '4', '-f', 'mjpeg', `file:${output}`],
  ];
}

/** A picture as a JPEG, at most so many pixels wide or high. */
export function stillArgs(picture: string, side: number, output: string): string[] {
  const size = `scale=w='min(${side},iw)':h='min(${side},ih)':force_original_aspect_ratio=decrease`;
  return [
    ...QUIET,
    '-y',
    ...inputFile(picture),
    ...['-map', '0:V:0', '-vf', `${size}:flags=area:out_color_matrix=bt601:out_range=full,format=yuvj420p`],
    ...['-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '4', '-f', 'mjpeg', `file:${output}`],
  ];
}

/** The first sound on the picture's clock, mixed to one channel of 16-bit samples on stdout. */
export function samplesArgs(clip: ClipInfo, sampleRate: number): string[] {
  const range = { start: 0, end: clip.frames };
  return [
    ...QUIET,
    '-copyts',
    ...soundInput(clip, range),
    ...['-filter_complex', mixedSoundFilter({ clip, range }, clip.audio[0]!, 0, 0)],
    ...['-map', '[a0]', '-ac', '1', '-ar', String(sampleRate), '-f', 's16le', '-'],
  ];
}
