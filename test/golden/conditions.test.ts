/** What ControlNets follow, against OpenCV 4.6 (canny.json holds what its Canny made of the picture below), and by hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canny } from '../../src/main/engine/conditions/canny.ts';
import { gaussian } from '../../src/main/engine/conditions/gaussian.ts';
import { nearness, shadesOf } from '../../src/main/engine/conditions/nearness.ts';
import { softEdges } from '../../src/main/engine/conditions/soft-edges.ts';

interface Recorded {
  readonly size: readonly [number, number];
  readonly cases: readonly {
    readonly low: number;
    readonly high: number;
    readonly blur: number;
    readonly edges: number;
    /** In base 64, row by row, the first in the highest bit. */
    readonly bits: string;
  }[];
}

const recorded: Recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, 'conditions', 'canny.json'), 'utf8'),
);
const [WIDTH, HEIGHT] = recorded.size;

/** A disc, stripes, a ramp and grain: integers, so that any language draws the same. */
function picture(): Uint8Array {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
  let state = 12345n;
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      for (let c = 0; c < 3; c++) {
        state = (state * 1103515245n + 12345n) & 0x7fffffffn;
        let value = 60;
        if ((x - 20) ** 2 + (y - 18) ** 2 < 150) value += 90;
        if ((3 * x + 2 * y) % 37 < 9) value += c === 1 ? -30 : 40;
        if (x > 40 && y > 25) value += (x - 40) * 4;
        value += Number((state >> 16n) % 13n) - 6;
        rgb[(y * WIDTH + x) * 3 + c] = Math.min(255, Math.max(0, value));
      }
  return rgb;
}

describe('Canny edges', () => {
  it.each(recorded.cases)('are those of OpenCV from $low to $high after a blur of $blur', (one) => {
    const edges = canny(picture(), WIDTH, HEIGHT, one);
    const bytes = Buffer.from(one.bits, 'base64');
    const theirs = new Uint8Array(edges.map((_, i) => ((bytes[i >> 3]! >> (7 - (i & 7))) & 1) * 255));
    expect(theirs.filter((value) => value > 0)).toHaveLength(one.edges);
    expect(edges).toEqual(theirs);
  });

  it('of a flat picture are none', () => {
    const flat = new Uint8Array(8 * 6 * 3).fill(90);
    expect(canny(flat, 8, 6, { low: 0, high: 0, blur: 0 }).every((value) => value === 0)).toBe(true);
  });
});

describe('soft edges', () => {
  /** Black to the left, a grey to the right of the middle. */
  function step(contrast: number, side = 64): Uint8Array {
    return Uint8Array.from({ length: side * side * 3 }, (_, i) =>
      Math.floor(i / 3) % side < side / 2 ? 0 : Math.round(255 * contrast),
    );
  }
  const brightest = (contrast: number) =>
    softEdges(step(contrast), 64, 64).reduce((a, b) => Math.max(a, b), 0);

  it('are as bright as the formula says of a step of this height', () => {
    // c² / (c² + 0.1²); the derivative over two pixels flattens the finest scale a little.
    for (const contrast of [0.1, 0.3, 1]) {
      const ideal = (255 * contrast ** 2) / (contrast ** 2 + 0.01);
      expect(brightest(contrast)).toBeGreaterThan(0.85 * ideal);
      expect(brightest(contrast)).toBeLessThanOrEqual(Math.ceil(ideal));
    }
  });

  it('lie on the step, and grain hardly shows', () => {
    const edges = softEdges(step(0.5), 64, 64);
    const row = edges.subarray(32 * 64, 33 * 64);
    expect(row.indexOf(Math.max(...row))).toBeGreaterThanOrEqual(30);
    expect(row.indexOf(Math.max(...row))).toBeLessThanOrEqual(33);
    expect([row[4], row[60]]).toEqual([0, 0]);
    const grain = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => 128 + (Math.floor(i / 3) % 2 ? 2 : -2));
    expect(softEdges(grain, 32, 32).every((value) => value < 20)).toBe(true);
  });
});

describe('a Gaussian', () => {
  it('keeps the sum of a point, mirrors at the edge, and has its deviation', () => {
    const [width, height, sigma] = [41, 41, 2.5];
    const point = new Float32Array(width * height);
    point[20 * width + 20] = 1;
    const blurred = gaussian(point, width, height, sigma);
    const sum = blurred.reduce((all, value) => all + value, 0);
    const spread = blurred.reduce((all, value, i) => all + value * ((i % width) - 20) ** 2, 0);
    expect(sum).toBeCloseTo(1, 5);
    expect(Math.sqrt(spread)).toBeCloseTo(sigma, 2);
    const flat = gaussian(new Float32Array(12).fill(0.3), 4, 3, 6);
    for (const value of flat) expect(value).toBeCloseTo(0.3, 6);
  });
});

describe('nearness', () => {
  it('is scaled over all frames of a shot, so that what stays does not flicker', () => {
    const maps = [Float32Array.of(1, 2, 3, 4), Float32Array.of(1, 2, 3, 9), Float32Array.of(1, 2, 3, 3)];
    const grey = nearness(maps.map(shadesOf));
    expect(grey.map((map) => [...map])).toEqual([
      [0, 32, 64, 96],
      [0, 32, 64, 255],
      [0, 32, 64, 64],
    ]);
  });

  it('of flat maps is black', () => {
    expect([...nearness([shadesOf(new Float32Array(3).fill(7))])[0]!]).toEqual([0, 0, 0]);
  });
});
