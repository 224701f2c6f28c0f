/**
 * Which numbers a clip's colours are coded with, and which a take's shall be. Pure. Tags go to ffmpeg as code points of ITU-T
 * H.273, for its parts call one and the same transfer by different names.
 */
import type { ClipInfo, ColourTags } from '../../../common/media.ts';

type Names = Readonly<Record<string, number>>;

/** By the names that ffmpeg prints; two where versions differ. */
const PRIMARIES: Names = {
  bt709: 1,
  bt470m: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  film: 8,
  bt2020: 9,
  smpte428: 10,
  smpte431: 11,
  smpte432: 12,
  ebu3213: 22,
  'jedec-p22': 22,
};
const TRANSFERS: Names = {
  bt709: 1,
  bt470m: 4,
  gamma22: 4,
  bt470bg: 5,
  gamma28: 5,
  smpte170m: 6,
  smpte240m: 7,
  linear: 8,
  log100: 9,
  log316: 10,
  'iec61966-2-4': 11,
  bt1361e: 12,
  'iec61966-2-1': 13,
  'bt2020-10': 14,
  'bt2020-12': 15,
  smpte2084: 16,
  smpte428: 17,
  'arib-std-b67': 18,
};
const MATRICES: Names = {
  gbr: 0,
  bt709: 1,
  fcc: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  ycgco: 8,
  bt2020nc: 9,
  bt2020c: 10,
  'chroma-derived-nc': 12,
  'chroma-derived-c': 13,
  ictcp: 14,
};

/** Matrices that swscale knows, by ffmpeg's tag; the value is swscale's name. */
const SWSCALE: Readonly<Record<string, string>> = {
  bt709: 'bt709',
  smpte170m: 'bt601',
  bt470bg: 'bt601',
  fcc: 'fcc',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
};
const CODE_OF_SWSCALE: Names = { bt709: 1, bt601: 6, fcc: 4, smpte240m: 7, bt2020: 9 };

/** What a matrix that only zscale knows is recoded to, and the primaries and transfer it implies where none are tagged. */
const RECODED: Readonly<Record<string, { to: string; primaries: number; transfer: number }>> = {
  ycgco: { to: 'bt709', primaries: 1, transfer: 1 },
  bt2020c: { to: 'bt2020nc', primaries: 9, transfer: 14 },
  'chroma-derived-nc': { to: 'bt709', primaries: 1, transfer: 1 },
  'chroma-derived-c': { to: 'bt709', primaries: 1, transfer: 1 },
  ictcp: { to: 'bt2020nc', primaries: 9, transfer: 16 },
};

/** A change of matrix that leaves the colours as they are; code points. */
interface Recoding {
  readonly from: number;
  readonly to: number;
  readonly primaries: number;
  readonly transfer: number;
}

export interface Coding {
  /** swscale name of the YUV matrix. */
  readonly matrix: string;
  /** Its code point. */
  readonly code: number;
  readonly range: 'limited' | 'full';
  /** What must be done before swscale can read the picture; null in the ordinary case. */
  readonly recode: Recoding | null;
  /** The file's tag contradicts its pixels and must be overruled. */
  readonly overrule: boolean;
}

const RGB = /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|rgba|bgra|pal8|x2rgb|x2bgr|bayer|mono)/;

export function isRgb(pixelFormat: string): boolean {
  return RGB.test(pixelFormat);
}

/** Whether its values are floats: RGB, or a grey. */
export function isFloat(pixelFormat: string): boolean {
  return /f(16|32)(le|be)?$/.test(pixelFormat);
}

/** Pictures of digital cinema, which swscale turns into BT.709 by itself. */
function isXyz(pixelFormat: string): boolean {
  return pixelFormat.startsWith('xyz');
}

export function hasAlpha(pixelFormat: string): boolean {
  return /^(yuva|ayuv|vuya|uyva|rgba|bgra|argb|abgr|gbrap|ya\d|pal8)/.test(pixelFormat);
}

/** Bits a component, from ffmpeg's name of the pixel format; of uneven ones (rgb565) eight. */
export function bitDepthOf(pixelFormat: string): number {
  const name = pixelFormat.replace(/[lb]e$/, '');
  const total = /^(?:rgb|bgr)(48)$|^(?:rgba|bgra|ayuv)(64)$/.exec(name);
  if (total) return 16;
  const planar =
    /^(?:yuvj?a?\d{3}p|gbra?p|gray|ya|xyz|bayer_[rgb]{4}|(?:rgb|rgba)f|x2rgb|x2bgr)f?(\d{1,2})$/.exec(name);
  const packed = planar ?? /^(?:p[024]|y2)(\d{2})$/.exec(name); // the sampling first, then the depth
  return packed ? Number(packed[1]) : (ODD_DEPTHS[name] ?? 8);
}

/** Named by their bits a pixel, or after another format. */
const ODD_DEPTHS: Readonly<Record<string, number>> = { nv20: 10, xv30: 10, xv36: 12 };

export function isHdr(colour: ColourTags): boolean {
  return colour.transfer === 'smpte2084' || colour.transfer === 'arib-std-b67';
}

type Tagged = Pick<ClipInfo, 'colour' | 'codedWidth' | 'codedHeight' | 'pixelFormat'>;

/** Untagged pictures are BT.2020 in HDR, BT.709 at high-definition size, BT.601 below, as players and editors take them. */
export function sourceCoding({ colour, codedWidth, codedHeight, pixelFormat }: Tagged): Coding {
  const rgb = isRgb(pixelFormat);
  const full = colour.range === 'pc' || pixelFormat.startsWith('yuvj') || rgb;
  const range = full ? 'full' : 'limited';
  const recoded = colour.matrix === null || rgb ? undefined : RECODED[colour.matrix];
  const large = codedWidth >= 1280 || codedHeight >= 720;
  const tag = recoded ? recoded.to : colour.matrix;
  const usual = isHdr(colour) ? 'bt2020' : large ? 'bt709' : 'bt601';
  const matrix = (tag === null ? undefined : SWSCALE[tag]) ?? usual;
  return {
    matrix,
    code: CODE_OF_SWSCALE[matrix]!,
    range,
    recode: recoded
      ? {
          from: MATRICES[colour.matrix!]!,
          to: MATRICES[recoded.to]!,
          primaries: codeOf(PRIMARIES, colour.primaries) ?? recoded.primaries,
          transfer: codeOf(TRANSFERS, colour.transfer) ?? recoded.transfer,
        }
      : null,
    overrule: contradicts(colour.matrix, pixelFormat),
  };
}

/** RGB that is said to be YUV with a matrix swscale does not know, or the other way round. */
function contradicts(matrix: string | null, pixelFormat: string): boolean {
  if (matrix === null || isXyz(pixelFormat)) return false;
  return isRgb(pixelFormat) ? matrix !== 'gbr' && !(matrix in SWSCALE) : matrix === 'gbr';
}

/** Code points for the tone mapper. */
export function hdrCoding(colour: ColourTags): { readonly primaries: number; readonly transfer: number } {
  return {
    primaries: codeOf(PRIMARIES, colour.primaries) ?? PRIMARIES.bt2020!,
    transfer: codeOf(TRANSFERS, colour.transfer) ?? TRANSFERS.smpte2084!,
  };
}

function codeOf(names: Names, name: string | null): number | null {
  return name === null ? null : (names[name] ?? null);
}

export interface OutputColour {
  /** swscale name of the matrix the take is coded with. */
  readonly matrix: string;
  /** Code points; the matrix tag names `matrix`. */
  readonly tags: { readonly primaries: number; readonly transfer: number; readonly matrix: number };
}

const BT709: OutputColour = { matrix: 'bt709', tags: { primaries: 1, transfer: 1, matrix: 1 } };

/** The source's own colours where it is tagged and SDR; BT.709 otherwise (HDR was tone-mapped to it). Always limited range. */
export function outputColour(clip: Pick<ClipInfo, 'colour' | 'hdr' | 'pixelFormat'>): OutputColour {
  if (clip.hdr || isXyz(clip.pixelFormat)) return BT709;
  const { matrix, primaries } = clip.colour;
  // Light is turned into what BT.709 displays as it.
  const transfer =
    isFloat(clip.pixelFormat) && clip.colour.transfer === 'linear' ? null : clip.colour.transfer;
  const wanted = matrix !== null && matrix in RECODED ? RECODED[matrix]!.to : matrix;
  const known = wanted !== null && wanted in SWSCALE ? wanted : 'bt709';
  return {
    matrix: SWSCALE[known]!,
    tags: {
      primaries: codeOf(PRIMARIES, primaries) ?? 1,
      transfer: codeOf(TRANSFERS, transfer) ?? 1,
      matrix: MATRICES[known]!,
    },
  };
}

/**
 * What of a clip's tags cannot be taken as it stands, and why the clip cannot be decoded at all where it cannot.
 * @param canRecode whether this ffmpeg has zscale
 */
export function judgeColour(
  { colour, pixelFormat, hdr }: Pick<ClipInfo, 'colour' | 'pixelFormat' | 'hdr'>,
  canRecode: boolean,
): { readonly refusal: string | null; readonly warnings: readonly string[] } {
  const { matrix, primaries, transfer } = colour;
  const warnings: string[] = [];
  let refusal: string | null = null;
  if (matrix !== null && contradicts(matrix, pixelFormat)) {
    warnings.push(
      `the colour matrix is tagged ${matrix}, which its ${pixelFormat} pixels are not: the tag is not believed`,
    );
  } else if (matrix !== null && !isRgb(pixelFormat) && !isXyz(pixelFormat)) {
    const recoded = RECODED[matrix];
    if (!(matrix in MATRICES) || (recoded && !canRecode)) {
      refusal = `its colours are coded with the matrix ${matrix}, which this ffmpeg cannot decode`;
    } else if (recoded && !hdr) {
      warnings.push(`colours coded as ${matrix}: takes are coded as ${recoded.to}, the colours stay`);
    }
  }
  for (const [what, name, names] of [
    ['primaries', primaries, PRIMARIES],
    ['transfer', transfer, TRANSFERS],
  ] as const) {
    if (name !== null && !(name in names)) {
      warnings.push(`colour ${what} ${name} are not known here: takes are tagged bt709`);
    }
  }
  return { refusal, warnings };
}
