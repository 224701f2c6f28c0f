import { describe, expect, it } from 'vitest';
import { noiseFor, picker, sharedNoise } from '../../src/main/engine/diffusion/noise.ts';

describe('noise', () => {
  it('is the same for the same seed and frame, whatever else was drawn, and no longer draw changes its start', () => {
    const first = noiseFor(7, 3, 64);
    noiseFor(7, 2, 1000);
    expect(noiseFor(7, 3, 64)).toEqual(first);
    expect(noiseFor(7, 3, 65).subarray(0, 64)).toEqual(first);
    expect(sharedNoise(7, 64)).toEqual(noiseFor(7, 0, 64));
  });

  it('has the moments of a standard normal', () => {
    const n = 200_000;
    const noise = noiseFor(11, 0, n);
    const moment = (power: number) => noise.reduce((sum, value) => sum + value ** power, 0) / n;
    expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
  });

  it('is unrelated between neighbouring seeds and frames', () => {
    const n = 20_000;
    const base = noiseFor(5, 1, n);
    for (const other of [
      noiseFor(5, 2, n),
      noiseFor(6, 1, n),
      noiseFor(6, 0, n),
      noiseFor(0xffffffff, 1, n),
    ]) {
      const correlation = base.reduce((sum, value, i) => sum + value * other[i]!, 0) / n;
      expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n));
    }
  });

  it('picks evenly', () => {
    const pick = picker(3, 0);
    const counts = [0, 0, 0];
    for (let i = 0; i < 9000; i++) counts[pick(3)]!++;
    for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(200);
  });
});
