import { describe, expect, test } from 'vitest';
import {
  colourDifference,
  glow,
  histogram,
  luma,
  rangeOf,
  vectorscope,
  waveform,
} from '../../src/renderer/scopes/measure.ts';

function picture(...pixels: [number, number, number][]): Uint8ClampedArray {
  return new Uint8ClampedArray(pixels.flatMap(([r, g, b]) => [r, g, b, 255]));
}

describe('scopes', () => {
  test('luma and colour differences as BT.709 says', () => {
    expect(luma(255, 255, 255)).toBeCloseTo(255);
    // 100 % bars in BT.709: Y of green 0.7152, of yellow 0.9278; Cb of blue and Cr of red reach half the range.
    expect(luma(0, 255, 0) / 255).toBeCloseTo(0.7152);
    expect(luma(255, 255, 0) / 255).toBeCloseTo(0.9278);
    expect(colourDifference(0, 0, 255).cb).toBeCloseTo(127.5);
    expect(colourDifference(255, 0, 0).cr).toBeCloseTo(127.5);
    expect(colourDifference(90, 90, 90).cb).toBeCloseTo(0);
    expect(colourDifference(90, 90, 90).cr).toBeCloseTo(0);
  });

  test('a histogram counts every pixel once in every channel', () => {
    const { red, green, blue, luma: levels } = histogram(picture([255, 0, 0], [255, 10, 20], [0, 0, 0]));
    expect([red[255], red[0], green[10], blue[20], levels[0]]).toEqual([2, 1, 1, 1, 1]);
    for (const counts of [red, green, blue, levels]) expect(counts.reduce((a, b) => a + b)).toBe(3);
  });

  test('a waveform keeps columns apart', () => {
    const counts = waveform(picture([0, 0, 0], [255, 255, 255], [0, 0, 0], [128, 128, 128]), 2);
    expect(counts[0 * 2 + 0]).toBe(2);
    expect(counts[255 * 2 + 1]).toBe(1);
    expect(counts[128 * 2 + 1]).toBe(1);
    expect(counts.reduce((a, b) => a + b)).toBe(4);
  });

  test('a vectorscope puts grey in the middle and every colour inside', () => {
    const grey = vectorscope(picture([0, 0, 0], [77, 77, 77], [255, 255, 255]));
    expect(grey[128 * 256 + 128]).toBe(3);
    const corners = [0, 255].flatMap((r) => [0, 255].flatMap((g) => [0, 255].map((b) => [r, g, b] as const)));
    const counts = vectorscope(picture(...corners.map(([r, g, b]) => [r, g, b] as [number, number, number])));
    expect(counts.reduce((a, b) => a + b)).toBe(8);
    // Blue lies far right, red at the top.
    expect(vectorscope(picture([0, 0, 255])).findIndex((one) => one > 0) % 256).toBe(255);
    expect(Math.floor(vectorscope(picture([255, 0, 0])).findIndex((one) => one > 0) / 256)).toBe(255);
  });

  test('the range leaves single stray pixels out, and counts what is clipped', () => {
    const counts = new Uint32Array(256);
    counts[51] = 5000;
    counts[204] = 4994;
    counts[0] = 3;
    counts[255] = 3;
    const range = rangeOf(counts);
    expect(range.low).toBeCloseTo(0.2);
    expect(range.high).toBeCloseTo(0.8);
    expect(range.black).toBeCloseTo(0.0003);
    expect(rangeOf(new Uint32Array(256))).toEqual({ low: 0, high: 0, black: 0, white: 0 });
  });

  test('single pixels glow beside large areas', () => {
    expect(glow(0, 1000)).toBe(0);
    expect(glow(1, 1e6)).toBeGreaterThan(0.25);
    expect(glow(1000, 1000)).toBeCloseTo(1);
  });
});
