import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signedDistance } from '../../src/common/masks/distance.ts';
import { fillPolygon } from '../../src/common/masks/fill.ts';
import type { Grid } from '../../src/common/masks/grid.ts';
import { type Mask, mask as maskSchema, NEW_MASK, type Part } from '../../src/common/masks/mask.ts';
import { rasterise } from '../../src/common/masks/rasterise.ts';

const PICTURE = { width: 64, height: 48 };
const grid = (scale = 1): Grid => ({
  width: PICTURE.width * scale,
  height: PICTURE.height * scale,
  picture: PICTURE,
});

const frame = fc.integer({ min: 0, max: 20 });
const coordinate = fc.integer({ min: -20, max: 80 });
const length = fc.integer({ min: 1, max: 60 });
const box = fc.record({
  frame,
  x: coordinate,
  y: coordinate,
  width: length,
  height: length,
  angle: fc.integer({ min: -180, max: 180 }),
});
const points = fc.array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 9 });
const keysOf = <K extends { frame: number }>(key: fc.Arbitrary<K>) =>
  fc
    .uniqueArray(key, { minLength: 1, maxLength: 4, selector: (one) => one.frame })
    .map((keys) => keys.sort((a, b) => a.frame - b.frame));
const mode = fc.constantFrom('add', 'subtract');
const part = fc.oneof(
  fc.record({ kind: fc.constantFrom('rectangle', 'ellipse'), mode, keys: keysOf(box) }),
  fc.record({ kind: fc.constant('polygon'), mode, keys: keysOf(fc.record({ frame, points })) }),
  fc.record({
    kind: fc.constant('brush'),
    mode,
    strokes: fc.array(
      fc.record({
        frame,
        mode: fc.constantFrom('paint', 'erase'),
        radius: fc.integer({ min: 1, max: 20 }),
        points: fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 5 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
);
const mask = fc
  .record({
    invert: fc.boolean(),
    grow: fc.integer({ min: -15, max: 15 }),
    feather: fc.integer({ min: 0, max: 15 }),
    parts: fc.array(part, { minLength: 1, maxLength: 4 }),
  })
  .map((one): Mask => maskSchema.parse({ ...one, parts: one.parts.map((p, i) => ({ ...p, id: `${i}` })) }));

const box1 = (x: number, y: number, width: number, height: number, angle = 0): Part =>
  ({ id: 'a', mode: 'add', kind: 'rectangle', keys: [{ frame: 0, x, y, width, height, angle }] }) as const;
const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

describe('a mask as pixels', () => {
  it('is within 0 and 1, and inverted it is the rest', () => {
    fc.assert(
      fc.property(mask, frame, (one, at) => {
        const plain = rasterise({ ...one, invert: false }, at, grid());
        const inverse = rasterise({ ...one, invert: true }, at, grid());
        expect(plain.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect(inverse).toEqual(plain.map((value) => 1 - value));
      }),
      { numRuns: 60 },
    );
  });

  it('never loses a pixel by growing', () => {
    fc.assert(
      fc.property(mask, frame, fc.integer({ min: 1, max: 10 }), (one, at, more) => {
        // From 0 on a sharp edge is drawn again from its distance, so 0 itself is compared with a tolerance.
        const before = rasterise({ ...one, invert: false }, at, grid());
        const after = rasterise({ ...one, invert: false, grow: one.grow + more }, at, grid());
        const slack = one.feather === 0 && (one.grow === 0 || one.grow + more === 0) ? 0.5 : 1e-6;
        expect(before.every((value, i) => after[i]! - value >= -slack)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is feathered over half the feather on either side and nowhere else', () => {
    fc.assert(
      fc.property(mask, frame, fc.integer({ min: 1, max: 20 }), (one, at, feather) => {
        const sharp = { ...one, invert: false, grow: 0, feather: 0 };
        const covered = rasterise(sharp, at, grid());
        const inside = signedDistance(covered, grid());
        const soft = rasterise({ ...sharp, feather }, at, grid());
        for (let i = 0; i < soft.length; i++) {
          if (inside[i]! > feather / 2 + 0.01) expect(soft[i]).toBe(1);
          else if (inside[i]! < -feather / 2 - 0.01) expect(soft[i]).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('covers as much at any scale', () => {
    fc.assert(
      fc.property(mask, frame, fc.constantFrom(2, 3), (any, at, scale) => {
        // Growing makes much of a sliver that only the finer grid sees at all.
        const one = { ...any, grow: 0, feather: 0 };
        const small = rasterise(one, at, grid());
        const large = rasterise(one, at, grid(scale));
        const averaged = new Float32Array(small.length);
        for (let y = 0; y < PICTURE.height * scale; y++) {
          for (let x = 0; x < PICTURE.width * scale; x++) {
            const to = Math.floor(y / scale) * PICTURE.width + Math.floor(x / scale);
            averaged[to] = averaged[to]! + large[y * PICTURE.width * scale + x]! / scale ** 2;
          }
        }
        const off = averaged.reduce((total, value, i) => total + Math.abs(value - small[i]!), 0);
        // Where lines thinner than a pixel meet, what is half covered is a matter of scale; elsewhere it is not.
        expect(off / small.length).toBeLessThan(0.05);
      }),
      { numRuns: 60 },
    );
  });

  it('is nothing without parts and all inverted, whatever its edge', () => {
    fc.assert(
      fc.property(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 20 }), (grow, feather) => {
        expect(sum(rasterise({ ...NEW_MASK, grow, feather }, 0, grid()))).toBe(0);
        expect(sum(rasterise({ ...NEW_MASK, grow, feather, invert: true }, 0, grid()))).toBe(64 * 48);
      }),
    );
  });
});

describe('coverage', () => {
  it('of a rectangle is its area, turned or not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -90, max: 90 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (angle, off) => {
          const covered = rasterise(
            { ...NEW_MASK, parts: [box1(22 + off, 16 + off, 20, 14, angle)] },
            0,
            grid(),
          );
          expect(sum(covered)).toBeCloseTo(280, 0);
        },
      ),
    );
  });

  it('fills what an outline goes around twice', () => {
    const star = [0, 2, 4, 1, 3].map((i): [number, number] => [
      32 + 20 * Math.sin((i * 2 * Math.PI) / 5),
      24 - 20 * Math.cos((i * 2 * Math.PI) / 5),
    ]);
    expect(fillPolygon(star, PICTURE)[24 * 64 + 32]).toBe(1);
  });
});

describe('the distance to an edge', () => {
  it('is that of the true edge, between pixels', () => {
    fc.assert(
      fc.property(fc.double({ min: 4, max: 16, noNaN: true }), (radius) => {
        const round: Part = {
          id: 'a',
          mode: 'add',
          kind: 'ellipse',
          keys: [
            { frame: 0, x: 32 - radius, y: 24 - radius, width: 2 * radius, height: 2 * radius, angle: 0 },
          ],
        };
        const inside = signedDistance(rasterise({ ...NEW_MASK, parts: [round] }, 0, grid()), grid());
        for (let y = 0; y < 48; y++) {
          for (let x = 0; x < 64; x++) {
            const truth = radius - Math.hypot(x + 0.5 - 32, y + 0.5 - 24);
            if (truth > radius - 3) continue;
            expect(Math.abs(inside[y * 64 + x]! - truth)).toBeLessThan(0.4);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});
