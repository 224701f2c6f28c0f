import { describe, expect, it } from 'vitest';
import { fitCanvas, padEdges } from '../../src/main/engine/media/fit.ts';

const SIDES = [1, 2, 3, 7, 16, 64, 100, 240, 359, 480, 512, 720, 1080, 1386, 1920, 3840, 7680];

describe('fitCanvas', () => {
  it('keeps its promises for every shape, size and grid', () => {
    for (const width of SIDES) {
      for (const height of SIDES) {
        for (const size of [8, 64, 256, 512, 768, 1024]) {
          for (const grid of [1, 8, 64]) {
            const fit = fitCanvas(width, height, { size, grid });
            const what = `${width}×${height} to ${size}/${grid}: ${JSON.stringify(fit)}`;
            const holds = (condition: boolean) => condition || expect.fail(what);
            holds(fit.width % grid === 0 && fit.height % grid === 0);
            holds(fit.contentWidth >= 1 && fit.contentHeight >= 1);
            holds(
              fit.left >= 0 &&
                fit.left + fit.contentWidth <= fit.width &&
                fit.width - fit.contentWidth < grid,
            );
            holds(
              fit.top >= 0 &&
                fit.top + fit.contentHeight <= fit.height &&
                fit.height - fit.contentHeight < grid,
            );
            holds(Math.abs(fit.width - fit.contentWidth - 2 * fit.left) <= 1);
            holds(Math.max(fit.contentWidth, fit.contentHeight) <= 4 * size);
            // Alike in both directions: each side is off by half a pixel at most.
            const scale = Math.min(size / Math.sqrt(width * height), (4 * size) / Math.max(width, height));
            holds(Math.abs(fit.contentWidth - Math.max(1, width * scale)) <= 0.5 + 1e-9);
            holds(Math.abs(fit.contentHeight - Math.max(1, height * scale)) <= 0.5 + 1e-9);
            if (Math.max(width / height, height / width) <= 16 && size >= 64) {
              holds(Math.abs((fit.contentWidth * fit.contentHeight) / size ** 2 - 1) < 0.05);
            }
          }
        }
      }
    }
  });

  it('leaves a picture of the right size alone', () => {
    expect(fitCanvas(512, 512, { size: 512, grid: 8 })).toMatchObject({
      contentWidth: 512,
      width: 512,
      left: 0,
      top: 0,
    });
    expect(fitCanvas(1920, 1080, { size: 512, grid: 8 })).toMatchObject({
      contentWidth: 683,
      contentHeight: 384,
      width: 688,
      height: 384,
    });
    expect(fitCanvas(10_000, 1, { size: 512, grid: 8 })).toMatchObject({
      contentWidth: 2048,
      contentHeight: 1,
      width: 2048,
      height: 8,
    });
  });
});

describe('padEdges', () => {
  it('puts the content at its place and replicates its edges', () => {
    for (const [width, height, grid] of [
      [3, 5, 8],
      [8, 3, 8],
      [1, 1, 4],
      [5, 7, 1],
      [9, 9, 8],
    ] as const) {
      const size = Math.round(Math.sqrt(width * height));
      const fit = { ...fitCanvas(width, height, { size: Math.max(1, size), grid }) };
      const { contentWidth: w, contentHeight: h } = fit;
      const content = Uint8Array.from({ length: w * h * 3 }, (_, i) => (i * 37) % 251);
      const canvas = padEdges(content, fit);
      expect(canvas.length).toBe(fit.width * fit.height * 3);
      for (let y = 0; y < fit.height; y += 1) {
        for (let x = 0; x < fit.width; x += 1) {
          const sx = Math.min(w - 1, Math.max(0, x - fit.left));
          const sy = Math.min(h - 1, Math.max(0, y - fit.top));
          for (let c = 0; c < 3; c += 1) {
            expect(canvas[(y * fit.width + x) * 3 + c]).toBe(content[(sy * w + sx) * 3 + c]);
          }
        }
      }
    }
  });
});
