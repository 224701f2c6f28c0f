/** What is written for Shotcut and Kdenlive is read again as the same cut, within half a frame where a file has another rate. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cut } from '../../src/common/interchange/cut.ts';
import { writeKdenlive } from '../../src/common/interchange/mlt/kdenlive.ts';
import { readMlt } from '../../src/common/interchange/mlt/read.ts';
import { writeShotcut } from '../../src/common/interchange/mlt/shotcut.ts';
import { toNumber } from '../../src/common/time/rational.ts';
import { apart, CUT_RUNS, cuts, marksIn, seenIn } from '../helpers/cuts.ts';

/** The other pictures of each clip, in no order, and of how many frames and sizes. */
const others = (cut: Cut) =>
  cut.items.flatMap((item) =>
    item.kind === 'clip' ? [item.sources.map(({ media }) => cut.media[media]!.path).sort()] : [],
  );

describe.each([
  ['Shotcut', writeShotcut],
  ['Kdenlive', writeKdenlive],
])('for %s', (_, write) => {
  it('says the cut that it was written from', () => {
    fc.assert(
      fc.property(cuts(), (cut) => {
        const { cut: read } = readMlt(write(cut).text);
        const [mine, theirs] = [cut, read].map((one) =>
          seenIn(one).map(({ at, frames, path }) => [at, frames, path]),
        );
        expect(theirs).toEqual(mine);
        expect(read.rate).toEqual(cut.rate);
        expect(others(read)).toEqual(others(cut));
        expect(marksIn(read)).toEqual(marksIn(cut));
        for (const seconds of apart(cut, read))
          expect(seconds).toBeLessThanOrEqual(0.5 / toNumber(cut.rate) + 1e-9);
      }),
      { numRuns: CUT_RUNS },
    );
  });
});
