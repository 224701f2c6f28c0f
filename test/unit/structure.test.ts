import { describe, expect, it } from 'vitest';
import { averageBlocks, normalise } from '../../src/main/engine/make/depth.ts';

describe('depth maps', () => {
  it('average the brightness of each block', () => {
    // 4×2 pixels, two 2×2 blocks: grey 10, and one white corner of four.
    const grey = [10, 10, 255, 0, 10, 10, 0, 0].flatMap((value) => [value, value, value]);
    expect([...averageBlocks(Uint8Array.from(grey), 4, 2, 2)]).toEqual([10, 63.75]);
  });

  it('are scaled over the whole shot, not frame by frame', () => {
    const maps = [Float32Array.of(0, 50), Float32Array.of(100, 50)];
    normalise(maps);
    expect(maps.map((map) => [...map])).toEqual([
      [-1, 0],
      [1, 0],
    ]);
  });

  it('stay finite for a flat shot', () => {
    const maps = [Float32Array.of(7, 7)];
    normalise(maps);
    expect([...maps[0]!]).toEqual([-1, -1]);
  });
});
