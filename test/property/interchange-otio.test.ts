/** What is written as OpenTimelineIO is read again as the same cut, whichever way its alternatives are kept. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOtio } from '../../src/common/interchange/otio/read.ts';
import { writeOtio } from '../../src/common/interchange/otio/write.ts';
import { CUT_RUNS, cuts, marksIn, plain } from '../helpers/cuts.ts';

describe.each(['references', 'tracks'] as const)('as %s', (profile) => {
  it('says the cut that it was written from, with all pictures, notes and markers', () => {
    fc.assert(
      fc.property(cuts(), (cut) => {
        const { cut: read, losses } = readOtio(writeOtio(cut, profile).text);
        expect(losses.filter((loss) => !loss.startsWith('of pictures'))).toEqual([]);
        expect(plain(read)).toEqual(plain(cut));
        expect(marksIn(read)).toEqual(marksIn(cut));
      }),
      { numRuns: CUT_RUNS },
    );
  });
});
