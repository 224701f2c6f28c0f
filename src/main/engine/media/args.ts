/** Argument lists for ffmpeg. Pure: what is asked of it can be read, and tested, without running it. */
import type { ClipInfo, FrameRange, Rational } from '../../../common/media.ts';
import { formatRational, toNumber } from '../../../common/time/rational.ts';
import { sourceCoding } from './colour.ts';

/** Level names in front of messages tell damage from chatter. */
const QUIET = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+error'];
const TALKING = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'];

/** Opens a file as a file: no other protocol, whatever its name or a playlist inside says. */
export function inputFile(path: string): string[] {
  return ['-protocol_whitelist', 'file', '-i', `file:${path}`];
}

export function bannerArgs(path: string): string[] {
  return ['-hide_banner', '-nostdin', ...inputFile(path)];
}

const PASS_THROUGH = ['-fps_mode', 'passthrough', '-f', 'null', '-'];

export interface ShowPart {
  /** Stop after this many pictures. */
  readonly count?: number;
  /** Container time to seek to first. */
  readonly seek?: number;
}

/** Decodes the first real video stream, or a part of it, and tells of each picture. */
export function showPicturesArgs(path: string, { count, seek }: ShowPart): string[] {
  return [
    ...TALKING,
    '-copyts',
    '-noautorotate',
    ...(seek === undefined ? [] : seekTo(seek)),
    ...inputFile(path),
    '-map',
    '0:V:0',
    ...(count === undefined ? [] : ['-frames:v', String(count)]),
    '-vf',
    'showinfo=checksum=0',
    ...PASS_THROUGH,
  ];
}

/** Goes to a key frame at or before a time of the container's clock; what precedes the wanted picture is sorted out later. */
function seekTo(seconds: number): string[] {
  return ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', seconds.toFixed(6)];
}

/** Lists the packets of the first real video stream without decoding. */
export function listPacketsArgs(path: string): string[] {
  return [...QUIET, '-copyts', ...inputFile(path), '-map', '0:V:0', '-c', 'copy', '-f', 'framecrc', '-'];
}

export interface DecodePlan {
  readonly range: FrameRange;
  readonly width: number;
  readonly height: number;
  /** Container time to seek to before reading; null reads from the start. */
  readonly seek: number | null;
  readonly toneMap: boolean;
}

/**
 * RGB24 of conformed frames. `fps` pads from the clip's first picture, so its output number is the frame's index wherever
 * reading began; tpad keeps it from dropping the last picture.
 */
export function decodeArgs(clip: ClipInfo, plan: DecodePlan): string[] {
  const { start, end } = plan.range;
  const filters = [
    'showinfo=checksum=0',
    ...(clip.fieldOrder === 'progressive' ? [] : ['bwdif=mode=send_frame:parity=auto:deint=interlaced']),
    'tpad=stop_mode=clone:stop=1',
    `fps=fps=${formatRational(clip.rate)}:round=near:start_time=${clip.startTime.toFixed(6)}`,
    `select='between(n,${start},${end - 1})'`,
    ...scaleToRgb(clip, plan),
  ];
  return [
    ...TALKING,
    '-copyts',
    ...(plan.seek === null ? [] : seekTo(plan.seek)),
    ...inputFile(clip.path),
    '-map',
    '0:V:0',
    '-vf',
    filters.join(','),
    '-frames:v',
    String(end - start),
    '-fps_mode',
    'passthrough',
    '-c:v',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
    '-',
  ];
}

const SHARP = 'lanczos+accurate_rnd+full_chroma_int+full_chroma_inp';

function scaleToRgb(clip: ClipInfo, { width, height, toneMap }: DecodePlan): string[] {
  const { matrix, range } = sourceCoding(clip);
  const scale = `scale=w=${width}:h=${height}:flags=${SHARP}:in_color_matrix=${matrix}:in_range=${range}`;
  if (!toneMap) return [`${scale}:out_range=full`, 'format=rgb24'];
  const transfer = clip.colour.transfer === 'arib-std-b67' ? 'arib-std-b67' : 'smpte2084';
  return [
    `${scale}:out_color_matrix=${matrix}:out_range=${range}`,
    'format=yuv444p12le',
    `zscale=tin=${transfer}:min=2020_ncl:pin=2020:rin=${range}:t=linear:npl=100`,
    'format=gbrpf32le',
    'zscale=p=709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=t=709:m=gbr:r=full',
    'format=gbrp',
    'format=rgb24',
  ];
}

/** Seconds of a count of frames, exact enough for a sample clock. */
export function secondsOf(frames: number, rate: Rational): number {
  return frames / toNumber(rate);
}
