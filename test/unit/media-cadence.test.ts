import { describe, expect, it } from 'vitest';
import { rational } from '../../src/common/time/rational.ts';
import { cadenceOf } from '../../src/main/engine/media/cadence.ts';

const even = (count: number, rate: number, round = (t: number) => t) =>
  Array.from({ length: count }, (_, i) => round(7.3 + i / rate));
const milliseconds = (t: number) => Math.round(t * 1000) / 1000;

describe('cadenceOf', () => {
  it('keeps an even stream as it is, one to one', () => {
    for (const [num, den] of [
      [25, 1],
      [24000, 1001],
      [30000, 1001],
      [60, 1],
      [240, 1],
      [7, 3],
    ] as const) {
      const rate = rational(num, den);
      expect(cadenceOf(even(500, num / den), rate, null)).toEqual({
        rate,
        variable: false,
        frames: 500,
        sources: null,
      });
    }
  });

  it('sees through clocks of a millisecond', () => {
    const found = cadenceOf(even(2000, 60000 / 1001, milliseconds), rational(60000, 1001), null);
    expect(found).toMatchObject({ variable: false, frames: 2000, rate: rational(60000, 1001) });
  });

  it('measures where the claim is wrong or missing', () => {
    expect(cadenceOf(even(200, 30), rational(25), null)).toMatchObject({
      variable: false,
      rate: rational(30),
    });
    expect(cadenceOf(even(200, 24), null, null)).toMatchObject({ variable: false, rate: rational(24) });
  });

  it('tells a claim that drifts away over the length', () => {
    // 23.976 and 24 differ by one frame in 42 seconds.
    expect(cadenceOf(even(4000, 24000 / 1001), rational(24), null)).toMatchObject({
      variable: false,
      rate: rational(24000, 1001),
    });
  });

  it('fills the places of pictures left out', () => {
    const times = [0, 1, 2, 5, 6, 9].map((place) => place / 30);
    const found = cadenceOf(times, rational(30), 2 / 30);
    expect(found).toEqual({
      rate: rational(30),
      variable: true,
      frames: 11,
      sources: [0, 1, 2, 2, 2, 3, 4, 4, 4, 5, 5],
    });
  });

  it('conforms rough times to the usual distance, dropping what falls together', () => {
    const times = even(300, 30).map((time, i) => time + (i % 7 === 3 ? 0.02 : 0));
    const found = cadenceOf(times, rational(57600), null);
    expect(found.variable).toBe(true);
    expect(found.rate).toEqual(rational(30));
    expect(found.frames).toBeGreaterThanOrEqual(300);
    expect(found.frames).toBeLessThanOrEqual(301);
    for (const [frame, source] of found.sources!.entries()) {
      expect(Math.abs(times[source]! - times[0]! - frame / 30)).toBeLessThan(0.051);
    }
    expect(found.sources).toEqual([...found.sources!].sort((a, b) => a - b));
  });

  it('gives a single picture a usable rate', () => {
    expect(cadenceOf([3], rational(25), 0.04)).toMatchObject({
      rate: rational(25),
      frames: 1,
      variable: false,
    });
    expect(cadenceOf([0], rational(100), null).rate).toEqual(rational(25));
    expect(cadenceOf([0], rational(100), 0.1).rate).toEqual(rational(10));
    expect(cadenceOf([0], rational(57600), null).rate).toEqual(rational(25));
    expect(cadenceOf([0], null, null).rate).toEqual(rational(25));
  });
});
