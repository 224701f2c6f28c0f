/** Which numbers a clip's colours are coded with, and which a take's shall be. Pure. */
import type { ClipInfo, ColourTags } from '../../../common/media.ts';

/** Matrices that swscale knows, by ffmpeg's tag; the value is swscale's name. */
const MATRICES: Readonly<Record<string, string>> = {
  bt709: 'bt709',
  smpte170m: 'bt601',
  bt470bg: 'bt601',
  fcc: 'fcc',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
};

export interface Coding {
  /** swscale name of the YUV matrix. */
  readonly matrix: string;
  readonly range: 'limited' | 'full';
}

const RGB = /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|rgba|bgra|pal8|x2rgb|x2bgr|bayer|mono)/;

export function isRgb(pixelFormat: string): boolean {
  return RGB.test(pixelFormat);
}

export function hasAlpha(pixelFormat: string): boolean {
  return /^(yuva|rgba|bgra|argb|abgr|gbrap|ya\d|pal8)/.test(pixelFormat);
}

/** Bits a component, from ffmpeg's name of the pixel format. */
export function bitDepthOf(pixelFormat: string): number {
  const named = /^(?:yuvj?a?\d{3}p|gbra?p|gray|ya|xyz|p[024]|y2|nv20|xv)f?(\d{1,2})(?:le|be)?$/.exec(
    pixelFormat,
  );
  if (named) return Number(named[1]);
  if (/^nv20/.test(pixelFormat) || /^x2(rgb|bgr)10/.test(pixelFormat)) return 10;
  if (/^(rgb|bgr)48|^(rgba|bgra)64|^bayer_\w+16/.test(pixelFormat)) return 16;
  return 8;
}

export function isHdr(colour: ColourTags): boolean {
  return colour.transfer === 'smpte2084' || colour.transfer === 'arib-std-b67';
}

/** Untagged pictures of high-definition size are BT.709, smaller ones BT.601, as players and editors take them. */
export function sourceCoding(
  clip: Pick<ClipInfo, 'colour' | 'codedWidth' | 'codedHeight' | 'pixelFormat'>,
): Coding {
  const tagged = clip.colour.matrix === null ? undefined : MATRICES[clip.colour.matrix];
  const large = clip.codedWidth >= 1280 || clip.codedHeight >= 720;
  const full = clip.colour.range === 'pc' || clip.pixelFormat.startsWith('yuvj') || isRgb(clip.pixelFormat);
  return { matrix: tagged ?? (large ? 'bt709' : 'bt601'), range: full ? 'full' : 'limited' };
}

export interface OutputColour {
  /** swscale name of the matrix the take is coded with. */
  readonly matrix: string;
  /** ffmpeg names for the tags; the matrix tag names `matrix`. */
  readonly tags: { readonly primaries: string; readonly transfer: string; readonly matrix: string };
}

const BT709 = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' };

/** The source's own colours where it is tagged and SDR; BT.709 otherwise (HDR was tone-mapped to it). Always limited range. */
export function outputColour(clip: Pick<ClipInfo, 'colour' | 'hdr'>): OutputColour {
  if (clip.hdr) return { matrix: 'bt709', tags: BT709 };
  const { matrix, primaries, transfer } = clip.colour;
  const known = matrix !== null && matrix in MATRICES ? matrix : 'bt709';
  return {
    matrix: MATRICES[known]!,
    tags: { primaries: primaries ?? 'bt709', transfer: transfer ?? 'bt709', matrix: known },
  };
}
