import { describe, expect, it } from 'vitest';
import type { Progress } from '../../src/common/contract/jobs.ts';
import { progressLine } from '../../src/main/cli/progress.ts';
import { createProgressMeter } from '../../src/main/engine/progress.ts';

/** A meter on a clock that only moves when told. */
function meter() {
  let time = 100;
  const seen: Progress[] = [];
  const progress = createProgressMeter(
    (now) => seen.push(now),
    () => time,
  );
  return { progress, seen, wait: (seconds: number) => (time += seconds), last: () => seen.at(-1)! };
}

describe('progress meter', () => {
  it('foretells the rest from what was measured', () => {
    const { progress, wait, last } = meter();
    progress.plan('invert', 10, 1);
    progress.plan('sample', 10, 2);
    progress.plan('encode', 0, 1);
    progress.enter('invert');
    for (let i = 0; i < 10; i++) {
      wait(3);
      progress.advance(1);
    }
    // Sampling is not measured yet: ten units at twice the cost of inversion's three seconds.
    expect(last().etaSeconds).toBeCloseTo(60);
    progress.enter('sample');
    for (let i = 0; i < 5; i++) {
      wait(4);
      progress.advance(1);
    }
    expect(last().etaSeconds).toBeCloseTo(20);
    expect(last().fraction).toBeCloseTo(50 / 70);
  });

  it('never goes backwards, also when the plan grows', () => {
    const { progress, seen, wait } = meter();
    progress.plan('invert', 4, 1);
    progress.enter('invert');
    for (let i = 0; i < 8; i++) {
      if (i === 3) progress.plan('invert', 100, 1);
      wait(1);
      progress.advance(1);
    }
    const fractions = seen.map((entry) => entry.fraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBeLessThan(1);
  });

  it('reaches one when all is done and books every second to a phase', () => {
    const { progress, wait, last } = meter();
    progress.plan('encode', 2, 1);
    wait(2);
    progress.enter('encode');
    for (let i = 0; i < 2; i++) {
      wait(1.5);
      progress.advance(1);
    }
    expect(last().fraction).toBe(1);
    expect(progress.seconds()).toMatchObject({ open: 2, encode: 3, total: 5 });
  });
});

describe('progress line', () => {
  it('says phase, count, share and time left', () => {
    const line = progressLine({
      phase: 'sample',
      done: 3,
      total: 12,
      fraction: 0.5,
      etaSeconds: 75,
    });
    expect(line).toMatch(/^█{14}░{14} {2}50 % {2}rendering 3\/12 {2}1:15 left$/);
  });
});
