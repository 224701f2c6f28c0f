/** Argument lists for ffmpeg that read clips. Pure: what is asked of it can be read, and tested, without running it. */
import type { ClipInfo, FrameRange, Rational } from '../../../common/media.ts';
import { toNumber } from '../../../common/time/rational.ts';
import { hdrCoding, sourceCoding } from './colour.ts';
import { inputClip, inputSource, type Source } from './input.ts';
import { holdsLight, scaleFloats, TWICE_AS_WIDE, toSignal } from './linear.ts';
import { pictureClock } from './retiming.ts';

/** Level names in front of messages tell damage from chatter. */
export const QUIET = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+error'];
export const TALKING = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'];

export function bannerArgs(source: Source): string[] {
  return ['-hide_banner', '-nostdin', ...inputSource(source)];
}

const PASS_THROUGH = ['-fps_mode', 'passthrough', '-f', 'null', '-'];

export interface ShowPart {
  /** Stop after this many pictures. */
  readonly count?: number;
  /** Container time to seek to first. */
  readonly seek?: number;
}

/** Decodes a stream, or a part of it, and tells of each picture. */
export function showPicturesArgs(source: Source, stream: number, { count, seek }: ShowPart): string[] {
  return [
    ...TALKING,
    '-copyts',
    '-noautorotate',
    ...(seek === undefined ? [] : seekTo(seek)),
    ...inputSource(source),
    '-map',
    `0:${stream}`,
    ...(count === undefined ? [] : ['-frames:v', String(count)]),
    '-vf',
    'showinfo=checksum=0',
    ...PASS_THROUGH,
  ];
}

/** Goes to a key frame at or before a time of the container's clock; what precedes the wanted picture is sorted out later. */
export function seekTo(seconds: number): string[] {
  return ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', seconds.toFixed(6)];
}

/** Lists the packets of a stream, or the first of them, without decoding. */
export function listPacketsArgs(source: Source, stream: number, count?: number): string[] {
  const some = count === undefined ? [] : ['-frames:v', String(count)];
  const copy = ['-map', `0:${stream}`, '-c', 'copy', ...some, '-f', 'framecrc', '-'];
  return [...QUIET, '-copyts', ...inputSource(source), ...copy];
}

/** Whether the clock of the container leads to the same frames from there as from the start. */
export function canSeek(clip: ClipInfo, seek: number): boolean {
  const { retiming } = clip;
  return retiming?.by !== 'order' || (retiming.settled !== null && seek > retiming.settled);
}

export type Depth = 8 | 16 | 'float';

export interface DecodePlan {
  readonly range: FrameRange;
  readonly width: number;
  readonly height: number;
  /** The upper left part of the picture that is wanted, in its own pixels; all of it by default. */
  readonly part?: { readonly width: number; readonly height: number } | undefined;
  /** What a value is: a byte by default, 16 bits, little-endian, or a float in planes of G, B, R. */
  readonly depth?: Depth | undefined;
  /** Container time to seek to before reading; null reads from the start. */
  readonly seek: number | null;
  readonly toneMap: boolean;
  /** The transparency alone, a byte or 16 bits a pixel; with the decoder that it takes, where that is not the codec's own. */
  readonly alpha?: { readonly decoder: string | null };
}

/**
 * Full frames at the clip's constant rate. `fps` pads from the clip's first picture, so its output number is the frame's index
 * wherever reading began.
 */
export function conform(clip: ClipInfo, sought = false): string[] {
  return [
    ...(clip.fieldOrder === 'progressive' ? [] : ['bwdif=mode=send_frame:parity=auto:deint=interlaced']),
    ...pictureClock(clip, sought),
  ];
}

/** Pixel formats that hold alpha where `extractplanes` does not look for it. */
const ALPHA_ASIDE: readonly (readonly [RegExp, string])[] = [
  [/^pal8/, 'bgra'],
  [/^(ayuv|vuya|uyva)/, 'yuva444p16le'],
  [/^(rgbaf|gbrapf|rgba64|bgra64|ya16|gbrap.*be$)/, 'gbrap16le'],
];

/** The transparency of a picture at a size, full range. */
export function alphaPlane({ pixelFormat }: ClipInfo, size: { width: number; height: number }): string[] {
  const aside = ALPHA_ASIDE.find(([formats]) => formats.test(pixelFormat));
  return [...(aside ? [`format=${aside[1]}`] : []), 'extractplanes=a', alphaScale(size)];
}

/** Bilinear: a sharper filter would leave a rim around whatever is opaque. */
export function alphaScale({ width, height }: { width: number; height: number }): string {
  return `scale=w=${width}:h=${height}:flags=bilinear:in_range=full:out_range=full`;
}

/** Decoders that read the transparency of WebM, which ffmpeg's own do not. */
const ALPHA_DECODERS: Readonly<Record<string, string>> = { vp8: 'libvpx', vp9: 'libvpx-vp9' };

/** What reads a clip's transparency; null where its usual decoder does. */
export function alphaDecoder({ codec }: Pick<ClipInfo, 'codec'>): string | null {
  return ALPHA_DECODERS[codec] ?? null;
}

/** RGB24 of conformed frames, or their transparency. */
export function decodeArgs(clip: ClipInfo, plan: DecodePlan): string[] {
  const { start, end } = plan.range;
  const { alpha } = plan;
  // Of numbered pictures the first ones need not be opened at all.
  const skipped = clip.sequence !== null && clip.fieldOrder === 'progressive' ? start : 0;
  const filters = [
    'showinfo=checksum=0',
    // Older ffmpeg pads no floats, and would make 16 bits of them; each of these pictures is a frame as it comes.
    ...(holdsLight(clip) && !alpha ? [] : conform(clip, plan.seek !== null)),
    `select='between(n,${start - skipped},${end - skipped - 1})'`,
    ...(alpha
      ? [...alphaOfPart(clip, plan), `format=${greysOf(plan)}`]
      : plan.part
        ? partToRgb(clip, plan, plan.part)
        : scaleToRgb(clip, plan)),
  ];
  return [
    ...TALKING,
    '-copyts',
    ...(plan.seek === null ? [] : seekTo(plan.seek)),
    ...(alpha?.decoder ? ['-c:v', alpha.decoder] : []),
    ...inputClip(skipPictures(clip, skipped)),
    '-map',
    `0:${clip.stream}`,
    '-vf',
    filters.join(','),
    '-frames:v',
    String(end - start),
    '-fps_mode',
    'passthrough',
    '-c:v',
    'rawvideo',
    '-pix_fmt',
    alpha ? greysOf(plan) : pixelsOf(plan),
    '-f',
    'rawvideo',
    '-',
  ];
}

function skipPictures(clip: ClipInfo, count: number): ClipInfo {
  const { sequence } = clip;
  if (sequence === null || count === 0) return clip;
  return { ...clip, sequence: { ...sequence, first: sequence.first + count, count: sequence.count - count } };
}

export const SHARP = 'lanczos+accurate_rnd+full_chroma_int+full_chroma_inp';

/** What swscale must be helped with, or told, before it can read a picture; nothing in the ordinary case. */
export function readable(clip: ClipInfo): string[] {
  const { recode, overrule, range } = sourceCoding(clip);
  if (recode) {
    const { from, to, primaries: p, transfer: t } = recode;
    return [
      `zscale=min=${from}:pin=${p}:tin=${t}:rin=${range}:m=${to}:p=${p}:t=${t}:r=${range}`,
      'format=yuv444p16le',
    ];
  }
  return overrule ? ['setparams=colorspace=unknown'] : [];
}

/**
 * From the light that a clip holds to planes of signals, floats in what order its own come, G, B, R. Where it is transparent, colours
 * are multiplied by it, as OpenEXR has it; they are parted.
 */
function signalsOf(clip: ClipInfo): string[] {
  const { pixelFormat } = clip;
  const grey = [TWICE_AS_WIDE, 'mergeplanes=0x000000:gbrpf32le', 'crop=iw/2:ih:0:0'];
  const own = pixelFormat.startsWith('gray') ? grey : ['format=gbrpf32le'];
  const parted = ['format=gbrapf32le', 'unpremultiply=inplace=1'];
  return [...(clip.alpha ? parted : own), toSignal(clip), 'format=gbrpf32le'];
}

export function scaleToRgb(
  clip: ClipInfo,
  { width, height, toneMap, depth }: Pick<DecodePlan, 'width' | 'height' | 'toneMap' | 'depth'>,
): string[] {
  if (depth === 'float') return [...signalsOf(clip), scaleFloats({ width, height }), 'format=gbrpf32le'];
  if (holdsLight(clip)) {
    const scale = `scale=w=${width}:h=${height}:flags=${SHARP}:in_range=full:out_range=full`;
    return [...signalsOf(clip), scale, `format=${pixelsOf({ depth })}`];
  }
  const { matrix, code, range } = sourceCoding(clip);
  const scale = `scale=w=${width}:h=${height}:flags=${SHARP}:in_color_matrix=${matrix}:in_range=${range}`;
  if (!toneMap) return [...readable(clip), `${scale}:out_range=full`, `format=${pixelsOf({ depth })}`];
  const { primaries, transfer } = hdrCoding(clip.colour);
  return [
    ...readable(clip),
    `${scale}:out_color_matrix=${matrix}:out_range=${range}`,
    'format=yuv444p12le',
    // Said of the frames too: zscale finds no way from what a file leaves untagged.
    `setparams=colorspace=${code}:color_primaries=${primaries}:color_trc=${transfer}`,
    `zscale=tin=${transfer}:min=${code}:pin=${primaries}:rin=${range}:t=linear:npl=100`,
    'format=gbrpf32le',
    'zscale=p=709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=t=709:m=gbr:r=full',
    depth === 16 ? 'format=gbrp16le' : 'format=gbrp',
    `format=${pixelsOf({ depth })}`,
  ];
}

/** Cut in RGB: of halved colours no odd line can be taken away. */
function partToRgb(clip: ClipInfo, plan: DecodePlan, part: { width: number; height: number }): string[] {
  const whole = { width: clip.width, height: clip.height, toneMap: plan.toneMap, depth: plan.depth };
  return [
    ...scaleToRgb(clip, whole),
    `crop=${part.width}:${part.height}:0:0`,
    plan.depth === 'float' ? scaleFloats(plan) : `scale=w=${plan.width}:h=${plan.height}:flags=${SHARP}`,
    `format=${pixelsOf(plan)}`,
  ];
}

function alphaOfPart(clip: ClipInfo, plan: DecodePlan): string[] {
  const { part } = plan;
  if (!part) return alphaPlane(clip, plan);
  return [...alphaPlane(clip, clip), `crop=${part.width}:${part.height}:0:0`, alphaScale(plan)];
}

function greysOf({ depth = 8 }: { depth?: Depth | undefined }): string {
  return depth === 8 ? 'gray' : 'gray16le';
}

function pixelsOf({ depth = 8 }: { depth?: Depth | undefined }): string {
  return depth === 'float' ? 'gbrpf32le' : depth === 16 ? 'rgb48le' : 'rgb24';
}

/** Seconds of a count of frames, exact enough for a sample clock. */
export function secondsOf(frames: number, rate: Rational): number {
  return frames / toNumber(rate);
}
