import { describe, expect, it } from 'vitest';
import type { Fit } from '../../src/common/media.ts';
import { averageBlocks } from '../../src/main/engine/make/depth.ts';
import { toLatentGrid } from '../../src/main/engine/make/latent-grid.ts';
import { fitCanvas, padEdges } from '../../src/main/engine/media/fit.ts';
import { noise } from '../helpers/onnx.ts';

const FACTOR = 8;
/** 67×37 of content in a canvas of 72×40. */
const PADDED = fitCanvas(670, 370, { size: 50, grid: FACTOR });

function whole(width: number, height: number): Fit {
  return { ...PADDED, contentWidth: width, contentHeight: height, width, height, left: 0, top: 0 };
}

function mapOf(width: number, height: number, at: (x: number, y: number) => number) {
  const data = Float32Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width)));
  return { data, width, height };
}

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

describe('a depth map on the latent grid', () => {
  it('at the size of the content is what a depth clip gives, padding included', () => {
    const { contentWidth: width, contentHeight: height } = PADDED;
    expect(PADDED.left + PADDED.top).toBeGreaterThan(0);
    const grey = noise('grey', width * height).map((value) => Math.round(value * 127 + 128));
    const rgb = Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)]!);
    const clip = averageBlocks(padEdges(rgb, PADDED), PADDED.width, PADDED.height, FACTOR);
    const estimated = toLatentGrid({ data: grey, width, height }, PADDED, FACTOR);
    expect(farthest(estimated, clip)).toBeLessThan(1e-4);
  });

  it('of another size is averaged over what each cell covers', () => {
    // 24×16 pixels are 3×2 cells of 3×2.5 samples.
    const map = mapOf(9, 5, (x, y) => (x < 3 ? 1 : 0) + (y < 2 ? 10 : 0));
    const grid = toLatentGrid(map, whole(24, 16), FACTOR);
    // Columns cover 3 samples each, rows 2.5: the first row has two of the 2.5 at 10.
    [9, 8, 8, 1, 0, 0].forEach((value, i) => {
      expect(grid[i]).toBeCloseTo(value, 5);
    });
  });

  it('that is coarser is drawn between its samples, and level beyond the outermost', () => {
    const grid = toLatentGrid(
      mapOf(2, 1, (x) => x),
      whole(64, 8),
      FACTOR,
    );
    // Samples lie at cells 1.5 and 5.5, four cells apart.
    [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1].forEach((value, i) => {
      expect(grid[i]).toBeCloseTo(value, 6);
    });
  });

  it.each([
    [1, 1],
    [3, 200],
    [518, 686],
    [5, 9],
    [9, 5],
  ])('keeps its level at %i×%i', (width, height) => {
    const grid = toLatentGrid(
      mapOf(width, height, () => 7),
      PADDED,
      FACTOR,
    );
    expect(grid.length).toBe((PADDED.width / FACTOR) * (PADDED.height / FACTOR));
    for (const value of grid) expect(value).toBeCloseTo(7, 5);
  });

  it('keeps a slope in place, finer and coarser, across the padding', () => {
    for (const width of [201, 31, 6]) {
      const scale = PADDED.contentWidth / width;
      // The value of a sample is the canvas pixel it stands at.
      const map = mapOf(width, 1, (x) => (x + 0.5) * scale + PADDED.left);
      const grid = toLatentGrid(map, PADDED, FACTOR);
      for (let cell = 1; cell < PADDED.width / FACTOR - 1; cell++) {
        // A mean of cut samples is off by up to a quarter of one; a shift by half a sample would be more.
        expect(Math.abs(grid[cell]! - (cell + 0.5) * FACTOR)).toBeLessThan(scale > FACTOR ? 1e-3 : scale / 4);
      }
    }
  });
});
