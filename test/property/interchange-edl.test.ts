/** What is written as a list is read again as the same cut. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readEdl, writeEdl } from '../../src/common/interchange/edl.ts';
import { rational, toNumber } from '../../src/common/time/rational.ts';
import { apart, CUT_RUNS, cuts, marksIn, seenIn, startOf } from '../helpers/cuts.ts';

it('edit decision lists say the cut that they were written from', () => {
  fc.assert(
    fc.property(cuts(), (cut) => {
      const { text } = writeEdl(cut);
      expect(text).toMatch(/^[^\n]*\r\n/);
      // A list says its rate only where Retake wrote it: another one that is asked for does not count.
      const { cut: read } = readEdl(text, { rate: rational(12) });
      expect([read.name, read.rate, startOf(read)]).toEqual([cut.name, cut.rate, startOf(cut)]);
      const [mine, others] = [cut, read].map((one) => seenIn(one).map(({ from: _, ...seen }) => seen));
      expect(others).toEqual(mine);
      expect(marksIn(read)).toEqual(marksIn(cut));
      // Labels count at the cut's rate: a file of another one is met within half of its frames.
      const grid = 0.5 / toNumber(cut.rate) + 0.5 / 24;
      for (const [i, seconds] of apart(cut, read).entries()) {
        const media = read.media;
        expect(seconds, JSON.stringify(media)).toBeLessThanOrEqual(
          Object.values(cut.media).every(({ rate }) => rate.num * cut.rate.den === cut.rate.num * rate.den)
            ? 0
            : grid,
        );
        expect(i).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: CUT_RUNS },
  );
});
