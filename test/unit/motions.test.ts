/** Motion at latent size: brought there from flows over the content, and composed along chains of neighbours. */
import { describe, expect, it } from 'vitest';
import type { Flow } from '../../src/main/engine/flow/flow.ts';
import { fitCanvas } from '../../src/main/engine/media/fit.ts';
import type { Motion } from '../../src/main/engine/methods/have.ts';
import { latentMotions, Motions } from '../../src/main/engine/recipe/motions.ts';

const GRID = { width: 6, height: 4 };
const AREA = GRID.width * GRID.height;

function shift(x: number, y: number, more: Partial<Motion> = {}): Motion {
  const all = (value: number) => new Float32Array(AREA).fill(value);
  return { x: all(x), y: all(y), hidden: all(0), confidence: all(1), ...more };
}

function uniform(width: number, height: number, x: number, y: number): Flow {
  const data = new Float32Array(2 * width * height).fill(x);
  data.fill(y, width * height);
  return { width, height, data };
}

describe('a chain of neighbours', () => {
  it('adds up what each moves, either way', () => {
    const motions = new Motions(GRID, 4);
    for (let frame = 0; frame < 3; frame++) {
      motions.set(frame, frame + 1, shift(0.25, -0.5));
      motions.set(frame + 1, frame, shift(-0.25, 0.5));
    }
    expect([...motions.between(0, 3).x]).toEqual(Array(AREA).fill(0.75));
    expect([...motions.between(3, 0).y]).toEqual(Array(AREA).fill(1.5));
    expect(motions.between(1, 1)).toEqual(shift(0, 0));
    expect(motions.between(0, 3)).toBe(motions.between(0, 3));
  });

  it('reads each link where the one before has led', () => {
    const motions = new Motions(GRID, 3);
    const grows = Float32Array.from({ length: AREA }, (_, at) => at % GRID.width);
    motions.set(0, 1, shift(2, 0));
    motions.set(1, 2, shift(0, 0, { x: grows }));
    const { x } = motions.between(0, 2);
    // At column 1 it moves to column 3, and from there by 3.
    expect(x[1]).toBe(5);
  });

  it('is hidden where any link hides, there where the link is met, and where it leaves the picture', () => {
    const motions = new Motions(GRID, 4);
    const inColumn = (column: number) =>
      Float32Array.from({ length: AREA }, (_, at) => (at % GRID.width === column ? 1 : 0));
    motions.set(0, 1, shift(1, 0, { hidden: inColumn(0) }));
    motions.set(1, 2, shift(1, 0, { hidden: inColumn(3), confidence: new Float32Array(AREA).fill(0.5) }));
    motions.set(2, 3, shift(0, 0, { confidence: new Float32Array(AREA).fill(0.5) }));
    const { hidden, confidence } = motions.between(0, 3);
    // Hidden at once; seen; hidden by the second link; seen; out by the second link; out by the first.
    expect([...hidden.slice(0, GRID.width)]).toEqual([1, 0, 1, 0, 1, 1]);
    expect(confidence[1]).toBe(0.25);
    expect(confidence[5]).toBe(0);
  });

  it('holds no more chains than twice the frames, however many are asked for', () => {
    const frames = 12;
    const motions = new Motions(GRID, frames);
    for (let frame = 0; frame + 1 < frames; frame++) {
      motions.set(frame, frame + 1, shift(0.1, 0));
      motions.set(frame + 1, frame, shift(-0.1, 0));
    }
    const first = motions.between(0, 11);
    for (let from = 0; from < frames; from++) {
      for (let to = 0; to < frames; to++) motions.between(from, to);
    }
    const again = motions.between(0, 11);
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });
});

describe('on its way to the latent', () => {
  it('is measured in its cells, and the padding goes along with the edge', () => {
    const fit = fitCanvas(96, 60, { size: 64, grid: 32 });
    expect(fit.contentWidth).toBeLessThan(fit.width);
    const forward = uniform(fit.contentWidth, fit.contentHeight, 4, -2);
    const backward = uniform(fit.contentWidth, fit.contentHeight, -4, 2);
    const [there, back] = latentMotions(forward, backward, fit, 8);
    const area = (fit.width / 8) * (fit.height / 8);
    expect(there.x).toHaveLength(area);
    for (const value of there.x) expect(value).toBeCloseTo(0.5, 5);
    for (const value of there.y) expect(value).toBeCloseTo(-0.25, 5);
    for (const value of back.x) expect(value).toBeCloseTo(-0.5, 5);
    // What moves out to the right is hidden; the left is seen.
    const columns = fit.width / 8;
    const middle = Math.floor(fit.height / 16) * columns;
    expect(there.hidden[middle]).toBe(0);
    expect(there.hidden[middle + columns - 1]).toBeGreaterThan(0.3);
    expect(back.hidden[middle]).toBeGreaterThan(0.3);
  });
});
