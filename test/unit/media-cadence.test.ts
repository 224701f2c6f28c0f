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
      expect(cadenceOf(even(500, num / den), rate, null)).toMatchObject({
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
    expect(found).toMatchObject({
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

  it('takes a rate that nobody works in for the one beside it, every picture kept', () => {
    const found = cadenceOf(even(600, 179 / 6), rational(179, 6), null);
    expect(found.rate).toEqual(rational(30));
    expect(new Set(found.sources).size).toBe(600);
    expect(found.frames).toBeGreaterThanOrEqual(602);
    expect(found.frames).toBeLessThanOrEqual(605);
    const ntsc = cadenceOf(even(600, 90000 / 3001), rational(90000, 3001), null);
    expect(ntsc).toMatchObject({ rate: rational(30000, 1001), frames: 600 });
    // Over minutes a picture would have to go: then the rate above, with a picture held now and then.
    const long = cadenceOf(even(20_000, 90000 / 3001), rational(90000, 3001), null);
    expect(new Set(long.sources ?? even(20_000, 1)).size).toBe(20_000);
  });

  it('does not take the clock on which all times fall for the rate', () => {
    // 53 pictures on a clock of 120, four ticks apart, the last ones five.
    const phone = Array.from({ length: 53 }, (_, i) => (i * 4 + Math.max(0, i - 48)) / 120);
    expect(cadenceOf(phone, rational(120), 1 / 120)).toMatchObject({
      rate: rational(30),
      frames: 53,
      sources: Array.from({ length: 53 }, (_, i) => i),
    });
    // Times in ticks of a clock of 600, each up to two ticks late.
    const late = Array.from({ length: 900 }, (_, i) => (i * 20 + ((i * 7) % 3)) / 600);
    expect(cadenceOf(late, rational(600), null)).toMatchObject({ rate: rational(30), frames: 900 });
  });

  it('keeps fast rates, also with pictures left out', () => {
    for (const [num, den] of [
      [60, 1],
      [60000, 1001],
      [120000, 1001],
      [240, 1],
    ] as const) {
      const rate = rational(num, den);
      expect(cadenceOf(even(600, num / den, milliseconds), rate, null)).toMatchObject({ rate, frames: 600 });
      const dropped = even(600, num / den).filter((_, i) => i % 9 !== 4);
      expect(cadenceOf(dropped, rate, null)).toMatchObject({ rate, frames: 600 });
    }
  });

  it('gives halves at 30 and at 60 a grid of 60', () => {
    const slow = Array.from({ length: 100 }, (_, i) => i / 30);
    const fast = Array.from({ length: 90 }, (_, i) => 100 / 30 + i / 60);
    const found = cadenceOf([...slow, ...fast], null, null);
    expect(found.rate).toEqual(rational(60));
    expect(new Set(found.sources).size).toBe(190);
  });

  it('takes film with pulldown flags for film', () => {
    // Two and three fields in turn at 59.94 fields a second.
    const times = Array.from(
      { length: 400 },
      (_, i) => ((Math.floor(i / 2) * 5 + (i % 2) * 2) * 1001) / 60000,
    );
    expect(cadenceOf(times, rational(30000, 1001), null)).toMatchObject({
      rate: rational(24000, 1001),
      variable: false,
      frames: 400,
    });
    // A part of it in video: no picture of either is lost.
    const start = times.at(-1)! + 1001 / 24000;
    const mixed = [...times, ...Array.from({ length: 300 }, (_, i) => start + (i * 1001) / 30000)];
    const found = cadenceOf(mixed, rational(30000, 1001), null);
    expect(found.rate).toEqual(rational(30000, 1001));
    expect(new Set(found.sources).size).toBe(700);
  });

  it('never puts two pictures on one frame where a burst is short, and counts no more than that', () => {
    const burst = [0, 1, 2, 2.4, 2.8, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((frame) => frame / 30);
    const found = cadenceOf(burst, rational(30), null);
    expect(found.rate).toEqual(rational(30));
    expect(new Set(found.sources).size).toBe(burst.length);
  });
});
