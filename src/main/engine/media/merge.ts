/**
 * Where a mask keeps the clip, the take is merged at its own size. For each frame ffmpeg is given one picture, the stack: the
 * clip's own with the mask as its transparency, and below it the content of the canvas, which is scaled up and merged. Pure.
 */
import { assert } from '../../../common/errors.ts';
import type { ClipInfo, Fit } from '../../../common/media.ts';
import { SHARP } from './args.ts';
import { scaleFloats, TWICE_AS_WIDE } from './linear.ts';

/** What a frame of the canvas is laid over. */
export interface Own {
  /** The clip's picture at its own size, h·w·3: RGB of 16 bits, or 0..1 and above where the clip holds floats. */
  readonly rgb: Uint16Array | Float32Array;
  /** (h, w), 0..1: 0 leaves the clip as it is, 1 the canvas. */
  readonly mask: Float32Array;
}

type Size = Pick<ClipInfo, 'width' | 'height'>;

export function stackOf(clip: Size, fit: Fit): Size {
  return { width: Math.max(clip.width, fit.contentWidth), height: clip.height + fit.contentHeight };
}

/**
 * @param canvas RGB in 0..1
 * @param floats whether the planes are floats, as they come, or 16 bits, clipped
 * @returns planes G, B, R, A
 */
export function stack(
  canvas: Float32Array,
  { rgb, mask }: Own,
  clip: Size,
  fit: Fit,
  floats = false,
): Uint16Array | Float32Array {
  const { width, height } = stackOf(clip, fit);
  assert(rgb.length === clip.width * clip.height * 3, 'a picture of the clip has its size');
  assert(mask.length === clip.width * clip.height, 'a mask covers the picture of the clip');
  const out = new (floats ? Float32Array : Uint16Array)(width * height * 4);
  const value = floats ? (of: number) => of : to16Bit;
  const own =
    typeOf(rgb) === typeOf(out) ? (of: number) => of : floats ? (of: number) => of / 65535 : to16Bit;
  const plane = width * height;
  const [g, b, r, a] = [0, plane, 2 * plane, 3 * plane];
  for (let y = 0; y < clip.height; y += 1) {
    for (let x = 0; x < clip.width; x += 1) {
      const from = y * clip.width + x;
      const to = y * width + x;
      out[r + to] = own(rgb[3 * from]!);
      out[g + to] = own(rgb[3 * from + 1]!);
      out[b + to] = own(rgb[3 * from + 2]!);
      out[a + to] = value(mask[from]!);
    }
  }
  for (let y = 0; y < fit.contentHeight; y += 1) {
    for (let x = 0; x < fit.contentWidth; x += 1) {
      const from = 3 * ((y + fit.top) * fit.width + x + fit.left);
      const to = (y + clip.height) * width + x;
      out[r + to] = value(canvas[from]!);
      out[g + to] = value(canvas[from + 1]!);
      out[b + to] = value(canvas[from + 2]!);
    }
  }
  return out;
}

function typeOf(values: Uint16Array | Float32Array): string {
  return values instanceof Float32Array ? 'float' : 'integer';
}

/** Clips to 0..1 and spreads over 16 bits. */
export function to16Bit(value: number): number {
  return Math.min(1, Math.max(0, value)) * 65535 + 0.5;
}

/** From the stack on stdin to the merged picture. Planes are only handed on, so that where the mask is 0 the clip stays to the bit. */
export function mergeStack(clip: Size, { contentWidth, contentHeight }: Fit, floats = false): string {
  const planes = floats ? 'gbrpf32le' : 'gbrp16le';
  const scale = floats ? scaleFloats(clip) : `scale=w=${clip.width}:h=${clip.height}:flags=${SHARP}`;
  const own = `crop=${clip.width}:${clip.height}:0:0`;
  const canvas = `crop=${contentWidth}:${contentHeight}:0:${clip.height}`;
  return [
    `[0:v]${floats ? `${TWICE_AS_WIDE},` : ''}split[stacked][veil]`,
    `[stacked]mergeplanes=0x000102:${planes},split[upper][lower]`,
    `[upper]${own}[own]`,
    `[lower]${canvas},${scale},format=${planes}[edit]`,
    `[veil]mergeplanes=0x030303:${planes},${own}[mask]`,
    '[own][edit][mask]maskedmerge,setpts=N',
  ].join(';');
}
