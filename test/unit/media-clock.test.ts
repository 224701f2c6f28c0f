import { describe, expect, it } from 'vitest';
import { straighten } from '../../src/main/engine/media/clock.ts';

const even = (count: number, start: number) => Array.from({ length: count }, (_, i) => start + i * 0.04);
const broadcast = { longest: 1, joinable: true, runIns: [] };
const movie = { longest: Number.POSITIVE_INFINITY, joinable: false, runIns: [] };
const near = (times: readonly number[], wanted: readonly number[]) => {
  expect(times).toHaveLength(wanted.length);
  for (const [i, time] of times.entries()) expect(time).toBeCloseTo(wanted[i]!, 6);
};

describe('straighten', () => {
  it('leaves a sound clock as it is', () => {
    for (const hints of [broadcast, movie]) {
      const raw = even(100, 7.3);
      expect(straighten(raw, hints)).toEqual({ times: raw, joins: [], mended: 0, settled: 0 });
    }
    const held = [0, 0.04, 0.08, 30, 30.04];
    expect(straighten(held, movie)).toEqual({ times: held, joins: [], mended: 0, settled: 0 });
  });

  it('undoes joins in either direction, and tells them', () => {
    for (const second of [0, 1.5, 90, 5000]) {
      const clock = straighten([...even(50, 10), ...even(50, second)], broadcast);
      near(clock.times, even(100, 10));
      expect(clock.joins).toEqual([{ picture: 50, jump: expect.closeTo(second - 12, 6) }]);
    }
    const three = straighten([...even(40, 10), ...even(40, 3), ...even(40, 900)], broadcast);
    near(three.times, even(120, 10));
    expect(three.joins.map(({ picture }) => picture)).toEqual([40, 80]);
  });

  it('mends single times that lie, also at the end', () => {
    for (const at of [5, 40, 98, 99]) {
      for (const lie of [83_000, -5, null]) {
        const raw: (number | null)[] = even(100, 1);
        raw[at] = lie;
        const clock = straighten(raw, broadcast);
        near(clock.times, even(100, 1));
        expect([clock.joins, clock.mended, clock.settled]).toEqual([[], 1, at + 1]);
      }
    }
  });

  it('puts pictures without a time before those that have one', () => {
    const clock = straighten([null, null, null, ...even(20, 0.2)], movie);
    near(clock.times, even(23, 0.08));
    expect(clock).toMatchObject({ mended: 3, settled: 3, joins: [] });
  });

  it('does not believe guessed times that come twice', () => {
    const clock = straighten([...even(5, 0), ...even(70, 0)], movie);
    near(clock.times, even(75, -0.2));
    expect(clock).toMatchObject({ mended: 5, settled: 5, joins: [] });
  });

  it('keeps the order of the decoder where times are out of order', () => {
    const raw = even(20, 0);
    [raw[7], raw[8]] = [raw[8]!, raw[7]!];
    const clock = straighten(raw, movie);
    near(clock.times, even(20, 0));
    expect(clock.joins).toEqual([]);
  });

  it("moves the first picture to the others where the sound's run-in tore it off", () => {
    const runIn = 1024 / 48_000;
    const raw = [0, ...even(74, 0.04 + runIn)];
    const clock = straighten(raw, { ...movie, runIns: [runIn] });
    near(clock.times, even(75, runIn));
    expect(clock.mended).toBe(0);
    // A picture left out is not that.
    expect(straighten([0, ...even(74, 0.08)], { ...movie, runIns: [runIn] }).times[0]).toBe(0);
  });
});
