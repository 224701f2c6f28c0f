import { describe, expect, it } from 'vitest';
import { consistency } from '../../src/main/engine/flow/consistency.ts';
import { disFlow } from '../../src/main/engine/flow/dis.ts';
import { type Flow, toGrid } from '../../src/main/engine/flow/flow.ts';
import { compose, warp } from '../../src/main/engine/flow/warp.ts';
import { endPointError, movedPair, shifted, turned } from '../helpers/moved-pictures.ts';

function flowOf(
  width: number,
  height: number,
  at: (x: number, y: number) => readonly [number, number],
): Flow {
  const data = new Float32Array(2 * width * height);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = at(i % width, Math.floor(i / width));
    data[i] = x;
    data[width * height + i] = y;
  }
  return { width, height, data };
}

describe('dense inverse search', () => {
  it.each([
    ['a fraction of a pixel', shifted(0.4, -0.7)],
    ['many pixels', shifted(13.3, -9.6)],
    ['a third of the picture', shifted(-39.5, 21.25)],
    ['turned', turned(6, 1, 60, 50)],
    ['zoomed', turned(0, 1.08, 60, 50)],
  ])('finds what moved: %s', (_, motion) => {
    const { a, b, truth } = movedPair(128, 96, motion);
    expect(endPointError(disFlow(a, b, 128, 96), truth)).toBeLessThan(0.25);
  });

  it.each([
    [1, 1],
    [3, 2],
    [16, 16],
    [17, 23],
    [9, 200],
  ])('is finite at %d×%d, and still where nothing is to be seen', (width, height) => {
    const { a, b } = movedPair(width, height, shifted(1, 1));
    const flow = disFlow(a, b, width, height);
    expect([flow.width, flow.height, flow.data.length]).toEqual([width, height, 2 * width * height]);
    expect(flow.data.every(Number.isFinite)).toBe(true);
    const grey = new Uint8Array(width * height * 3).fill(90);
    expect(disFlow(grey, grey, width, height).data.every((value) => value === 0)).toBe(true);
  });
});

describe('a flow', () => {
  it('on a coarser grid is the mean of what a cell covers, on a finer one goes between; vectors are in its pixels', () => {
    const flow = flowOf(6, 4, (x, y) => [x, 10 * y]);
    const coarse = toGrid(flow, 3, 2);
    expect([...coarse.data]).toEqual([0.25, 1.25, 2.25, 0.25, 1.25, 2.25, 2.5, 2.5, 2.5, 12.5, 12.5, 12.5]);
    expect(toGrid(flow, 6, 4).data).toEqual(flow.data);
    const fine = toGrid(flow, 12, 4);
    expect([...fine.data.subarray(0, 5)]).toEqual([0, 0.5, 1.5, 2.5, 3.5]);
    expect(toGrid(flow, 4, 3).data.subarray(0, 4)).toEqual(
      Float32Array.of(...[1 / 3, 5 / 3, 10 / 3, 14 / 3].map((v) => (v * 2) / 3)),
    );
  });

  it('warps the second picture onto the first, and leads on with the next one', () => {
    const planes = Float32Array.from({ length: 2 * 20 }, (_, i) => i);
    const warped = warp(
      planes,
      flowOf(5, 4, () => [1.5, 0]),
    );
    expect([...warped.subarray(0, 5)]).toEqual([1.5, 2.5, 3.5, 4, 4]);
    expect([...warped.subarray(20, 25)]).toEqual([21.5, 22.5, 23.5, 24, 24]);
    const both = compose(
      flowOf(8, 8, () => [1, 2]),
      flowOf(8, 8, (x) => [x, -1]),
    );
    expect([both.data[0], both.data[64]]).toEqual([2, 1]);
    expect(both.data[3]).toBe(5);
  });

  it('hides what has no way back, and what leaves the picture', () => {
    const forward = flowOf(20, 10, () => [4, 0]);
    const backward = flowOf(20, 10, (x) => [x === 9 ? 3 : -4, 0]);
    const { hidden, confidence } = consistency(forward, backward);
    const row = (plane: Float32Array) => [...plane.subarray(0, 20)];
    expect(row(hidden)).toEqual([0, 0, 0, 0, 0, 1, ...Array(10).fill(0), 1, 1, 1, 1]);
    expect(row(confidence)).toEqual(row(hidden).map((value) => 1 - value));
  });
});
