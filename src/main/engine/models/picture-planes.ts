/** Pictures as networks of pictures take them: planes of the network's own size and range. */
import { join } from 'node:path';
import { AppError, assert } from '../../../common/errors.ts';
import type { ValueInfo } from '../onnx/ir/types.ts';
import { kindOf, readJson } from './files.ts';
import type { FixedSize } from './frozen-size.ts';
import { fixedDim, isFloat, rank } from './graph-values.ts';
import { normalisationOf, type PictureRange, type PictureSize, rangeConfig } from './preprocessor.ts';

/** What `preprocessor_config.json` in the network's folder says; without one, values 0..1. @throws AppError bundle-invalid */
export async function readRange(
  folder: string,
): Promise<{ readonly file: string | null; readonly config: PictureRange }> {
  const file = join(folder, 'preprocessor_config.json');
  if ((await kindOf(file)) === null) return { file: null, config: rangeConfig.parse({}) };
  return { file, config: await readJson(file, rangeConfig) };
}

/** The size at which a network looks at a picture of that size: what its export froze, else the next multiple (of eight, or as its file says). */
export function networkSize(
  fixed: FixedSize,
  range: PictureRange,
  { width, height }: PictureSize,
): PictureSize {
  const multiple = range.ensure_multiple_of ?? 8;
  const up = (side: number) => Math.ceil(side / multiple) * multiple;
  return { width: fixed.width ?? up(width), height: fixed.height ?? up(height) };
}

/** RGB8 (h·w·3) to planes (3, h', w') in the network's range, between neighbours where sizes differ. */
export function toPlanes(
  rgb: Uint8Array,
  from: PictureSize,
  to: PictureSize,
  range: PictureRange,
): Float32Array {
  assert(rgb.length === from.width * from.height * 3, `an RGB picture of ${from.width}×${from.height}`);
  const { scale, mean, deviation } = normalisationOf(range, { mean: 0.5, deviation: 0.5 });
  const size = from.width * from.height;
  const area = to.width * to.height;
  const out = new Float32Array(3 * area);
  const plane = new Float32Array(size);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < size; i++) plane[i] = (rgb[3 * i + c]! * scale - mean[c]!) / deviation[c]!;
    out.set(resized(plane, from, to), c * area);
  }
  return out;
}

/** The way back: planes of a network to RGB8 of the picture's size, values beyond the range clamped. */
export function fromPlanes(
  planes: Float32Array,
  from: PictureSize,
  to: PictureSize,
  range: PictureRange,
): Uint8Array {
  const { scale, mean, deviation } = normalisationOf(range, { mean: 0.5, deviation: 0.5 });
  const area = from.width * from.height;
  const out = new Uint8Array(to.width * to.height * 3);
  for (let c = 0; c < 3; c++) {
    const plane = resized(planes.subarray(c * area, (c + 1) * area), from, to);
    for (let i = 0; i < plane.length; i++) {
      const value = (plane[i]! * deviation[c]! + mean[c]!) / scale;
      out[3 * i + c] = Math.round(Math.min(255, Math.max(0, value)));
    }
  }
  return out;
}

/** RGB in 0..1 (h·w·3) to planes (3, h, w) in the network's range. */
export function unitToPlanes(
  rgb: Float32Array,
  { width, height }: PictureSize,
  range: PictureRange,
): Float32Array {
  assert(rgb.length === width * height * 3, `an RGB picture of ${width}×${height}`);
  const { scale, mean, deviation } = normalisationOf(range, { mean: 0.5, deviation: 0.5 });
  const area = width * height;
  const out = new Float32Array(3 * area);
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < area; i++)
      out[c * area + i] = (rgb[3 * i + c]! * 255 * scale - mean[c]!) / deviation[c]!;
  return out;
}

/** The way back, not clamped. */
export function unitFromPlanes(
  planes: Float32Array,
  { width, height }: PictureSize,
  range: PictureRange,
): Float32Array {
  const { scale, mean, deviation } = normalisationOf(range, { mean: 0.5, deviation: 0.5 });
  const area = width * height;
  const out = new Float32Array(3 * area);
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < area; i++)
      out[3 * i + c] = (planes[c * area + i]! * deviation[c]! + mean[c]!) / (255 * scale);
  return out;
}

/** A value [B, 3, h, w]. */
export function isPicture(value: ValueInfo): boolean {
  return isFloat(value) && (rank(value) ?? 4) === 4 && (fixedDim(value, 1) ?? 3) === 3;
}

/** @throws AppError not-finite */
export function finite(data: Float32Array, what: string, file: string): Float32Array {
  if (data.every(Number.isFinite)) return data;
  throw new AppError('not-finite', `its ${what} holds NaN or Inf`, {
    doing: `running ${file}`,
    hint: 'Leave this network out of the bundle, or use its full precision export.',
  });
}

/** Bilinear, edges repeated. */
export function resized(plane: Float32Array, from: PictureSize, to: PictureSize): Float32Array {
  if (from.width === to.width && from.height === to.height) return plane;
  const out = new Float32Array(to.width * to.height);
  const at = (i: number, own: number, other: number) =>
    Math.min(other - 1, Math.max(0, ((i + 0.5) * other) / own - 0.5));
  for (let y = 0; y < to.height; y++) {
    const py = at(y, to.height, from.height);
    const top = Math.floor(py);
    const below = Math.min(from.height - 1, top + 1);
    for (let x = 0; x < to.width; x++) {
      const px = at(x, to.width, from.width);
      const left = Math.floor(px);
      const right = Math.min(from.width - 1, left + 1);
      const u = px - left;
      const row = (r: number) => (1 - u) * plane[r * from.width + left]! + u * plane[r * from.width + right]!;
      out[y * to.width + x] = (1 - (py - top)) * row(top) + (py - top) * row(below);
    }
  }
  return out;
}
