import { describe, expect, it } from 'vitest';
import { warpError } from '../../tools/benchmark/metrics/flow.ts';
import { meanColour, PSNR_CEILING, pooledPsnr, squaredError } from '../../tools/benchmark/metrics/region.ts';
import { ssim, ssimMap } from '../../tools/benchmark/metrics/ssim.ts';

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
  const flow = (x: number) => Float32Array.from({ length: 8 }, (_, i) => (i % 2 ? 0 : x));

  it('is nothing where the picture moves as its source does', () => {
    const occluded = Uint8Array.of(0, 0, 0, 1);
    expect(warpError(frame, next, 4, 1, { flow: flow(1), occluded })).toEqual({ mse: 0, pixels: 3 });
  });

  it('interpolates between pixels', () => {
    // Half a pixel to the right of 0: (0 + 10) / 2 = 5 against 10.
    const occluded = Uint8Array.of(0, 1, 1, 1);
    expect(warpError(frame, next, 4, 1, { flow: flow(0.5), occluded })).toEqual({ mse: 25, pixels: 1 });
  });

  it('follows rows as well as columns', () => {
    // 1×2: the upper pixel looks one row down.
    const still = { flow: Float32Array.of(0, 1, 0, 0), occluded: Uint8Array.of(0, 1) };
    expect(warpError(grey(7, 0), grey(0, 9), 1, 2, still).mse).toBe(4);
  });

  it('has no value where everything is hidden', () => {
    const occluded = new Uint8Array(4).fill(1);
    expect(warpError(frame, next, 4, 1, { flow: flow(0), occluded })).toEqual({ mse: null, pixels: 0 });
  });
});
