import { describe, expect, it } from 'vitest';
import { FeatureStatistics, frechetDistance, squareRoot } from '../../src/main/engine/metrics/frechet.ts';
import { PSNR_CEILING, pooledPsnr } from '../../src/main/engine/metrics/psnr.ts';
import { squaredError } from '../../src/main/engine/metrics/squared-error.ts';
import { ssim, ssimMap } from '../../src/main/engine/metrics/ssim.ts';
import { warpError } from '../../src/main/engine/metrics/warp-error.ts';
import { meanColour } from '../../tools/benchmark/mean-colour.ts';

/** A grey picture from its values. */
const grey = (...values: number[]) => Uint8Array.from(values.flatMap((value) => [value, value, value]));

describe('error inside a region', () => {
  const a = grey(10, 20, 30, 40);
  const b = grey(10, 23, 30, 44);

  it('counts every channel value of the pixels inside', () => {
    expect(squaredError(a, b)).toEqual({ sum: 3 * (9 + 16), count: 12 });
    expect(squaredError(a, b, (pixel) => pixel < 2)).toEqual({ sum: 27, count: 6 });
  });

  it('is pooled over frames before the logarithm', () => {
    // 27 and 48 over six values each: MSE 75 / 12 = 6.25, and 10·log10(65025 / 6.25) = 40.172.
    const halves = [squaredError(a, b, (pixel) => pixel < 2), squaredError(a, b, (pixel) => pixel >= 2)];
    expect(pooledPsnr(halves)).toBeCloseTo(40.172, 3);
  });

  it('has a ceiling for equal pictures and no value for an empty region', () => {
    expect(pooledPsnr([squaredError(a, a)])).toBe(PSNR_CEILING);
    expect(pooledPsnr([squaredError(a, b, () => false)])).toBeNull();
  });

  it('averages colours', () => {
    const picture = Uint8Array.of(255, 0, 51, 0, 102, 51, 9, 9, 9);
    expect(meanColour(picture, (pixel) => pixel < 2)).toEqual([0.5, 0.2, 0.2]);
    expect(meanColour(picture, () => false)).toBeNull();
  });
});

describe('structural similarity', () => {
  const flat = (value: number) => new Uint8Array(12 * 11 * 3).fill(value);

  it('of flat pictures is the luminance term alone', () => {
    // (2·100·120 + 6.5025) / (100² + 120² + 6.5025); the contrast term is C2 / C2.
    expect(ssim(flat(100), flat(120), 12, 11)).toBeCloseTo(24006.5025 / 24406.5025, 12);
    expect(ssim(flat(77), flat(77), 12, 11)).toBe(1);
  });

  it('weighs a window by the Gaussian', () => {
    // One window, white centre against black: the centre weighs g = 0.26601172², see the 1D window normalised to 1.
    const g = 0.26601172486179436 ** 2;
    const black = new Uint8Array(11 * 11 * 3);
    const dot = black.slice().fill(255, 3 * 60, 3 * 61);
    const mean = 255 * g;
    const variance = 255 ** 2 * g - mean ** 2;
    const [c1, c2] = [6.5025, 58.5225];
    const expected = (c1 / (mean ** 2 + c1)) * (c2 / (variance + c2));
    expect([...ssimMap(black, dot, 11, 11)]).toHaveLength(1);
    expect(ssim(black, dot, 11, 11)).toBeCloseTo(expected, 10);
  });

  it('of a picture and its negative is negative', () => {
    const stripes = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (Math.floor(i / 3) % 2 ? 255 : 0));
    expect(
      ssim(
        stripes,
        stripes.map((value) => 255 - value),
        16,
        16,
      ),
    ).toBeLessThan(-0.9);
  });

  it('counts the windows centred inside a region', () => {
    const left = flat(100);
    // Two windows side by side in 12×11; the last column differs, and the right window alone sees it.
    const right = left.slice();
    for (let y = 0; y < 11; y++) right.fill(200, 3 * (12 * y + 11), 3 * (12 * y + 12));
    const column = (wanted: number) => (pixel: number) => pixel % 12 === wanted;
    expect(ssim(left, right, 12, 11, column(5))).toBe(1);
    expect(ssim(left, right, 12, 11, column(6))).toBeLessThan(1);
    expect(ssim(left, right, 12, 11, column(0))).toBeNull();
  });
});

describe('error along the flow', () => {
  // 4×1: the picture moves one pixel to the right.
  const frame = grey(10, 20, 30, 40);
  const next = grey(0, 10, 20, 30);
  const flow = (x: number) => Float32Array.from({ length: 8 }, (_, i) => (i < 4 ? x : 0));

  it('is nothing where the picture moves as its source does', () => {
    const hidden = Uint8Array.of(0, 0, 0, 1);
    expect(warpError(frame, next, 4, 1, { flow: flow(1), hidden })).toEqual({ mse: 0, pixels: 3 });
  });

  it('interpolates between pixels', () => {
    // Half a pixel to the right of 0: (0 + 10) / 2 = 5 against 10.
    const hidden = Uint8Array.of(0, 1, 1, 1);
    expect(warpError(frame, next, 4, 1, { flow: flow(0.5), hidden })).toEqual({ mse: 25, pixels: 1 });
  });

  it('follows rows as well as columns', () => {
    // 1×2: the upper pixel looks one row down.
    const still = { flow: Float32Array.of(0, 0, 1, 0), hidden: Uint8Array.of(0, 1) };
    expect(warpError(grey(7, 0), grey(0, 9), 1, 2, still).mse).toBe(4);
  });

  it('has no value where everything is hidden', () => {
    const hidden = new Uint8Array(4).fill(1);
    expect(warpError(frame, next, 4, 1, { flow: flow(0), hidden })).toEqual({ mse: null, pixels: 0 });
  });
});

/** Numbers of NumPy and SciPy on the same formulas. */
describe('numbers made elsewhere', () => {
  const [width, height] = [32, 24];
  const picture = (value: (x: number, y: number, c: number) => number) =>
    Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3);
      return value(pixel % width, Math.floor(pixel / width), i % 3);
    });
  const a = picture((x, y, c) => (x * 7 + y * 13 + c * 50 + ((x * y) % 11) * 9) % 256);
  const b = picture((x, y, c) => {
    const moved = a[3 * (y * width + x) + c]! + ((x * 5 + y * 3 + c * 7) % 23) - 11;
    return Math.min(255, Math.max(0, moved));
  });

  it('are ours for PSNR and SSIM', () => {
    expect(pooledPsnr([squaredError(a, b)])).toBeCloseTo(31.817255639713284, 10);
    expect(ssim(a, b, width, height)).toBeCloseTo(0.9897316759655209, 10);
  });

  it('are ours for the error along the flow', () => {
    const size = width * height;
    const flow = Float32Array.from({ length: 2 * size }, (_, i) => {
      const [x, y] = [i % width, Math.floor((i % size) / width)];
      return i < size ? 1.5 * Math.sin(y / 5) + 0.25 : 0.75 * Math.cos(x / 7);
    });
    const hidden = Uint8Array.from({ length: size }, (_, i) =>
      ((i % width) + Math.floor(i / width)) % 5 === 0 ? 1 : 0,
    );
    const { mse, pixels } = warpError(a, b, width, height, { flow, hidden });
    expect(pixels).toBe(615);
    expect(mse).toBeCloseTo(4107.43887146587, 6);
  });

  const features = (count: number, length: number, s: number) => {
    const all = new FeatureStatistics();
    for (let i = 0; i < count; i++) {
      all.see(
        Array.from(
          { length },
          (_, j) => Math.sin(0.7 * i * (j + 1) + s) + 0.3 * Math.cos(1.3 * (i + 1) + j * s) + 0.1 * j * s,
        ),
      );
    }
    return all;
  };

  it('are ours for the Fréchet distance, also of fewer features than they are long', () => {
    expect(frechetDistance(features(40, 6, 0.2), features(30, 6, 0.9))).toBeCloseTo(1.012478419886935, 8);
    expect(frechetDistance(features(5, 8, 0.2), features(4, 8, 0.9))).toBeCloseTo(4.758955968134696, 5);
    expect(frechetDistance(features(40, 6, 0.2), features(40, 6, 0.2))).toBeLessThan(1e-9);
  });

  it('has a root that squares to the matrix', () => {
    const matrix = features(40, 6, 0.2).covariance();
    const root = squareRoot(matrix, 6);
    for (let i = 0; i < 36; i++) {
      const [row, column] = [Math.floor(i / 6), i % 6];
      const squared = Array.from({ length: 6 }, (_, k) => root[row * 6 + k]! * root[k * 6 + column]!);
      expect(squared.reduce((sum, value) => sum + value)).toBeCloseTo(matrix[i]!, 12);
    }
  });
});
