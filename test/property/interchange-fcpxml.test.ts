/** What is written as Final Cut Pro's XML is read again as the same cut, for Final Cut and for Resolve. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFcpxml } from '../../src/common/interchange/fcpxml/read.ts';
import { writeFcpxml } from '../../src/common/interchange/fcpxml/write.ts';
import { CUT_RUNS, cuts, marksIn, onItsFrames, plain } from '../helpers/cuts.ts';

describe.each(['auditions', 'lanes'] as const)('with %s', (profile) => {
  it('says the cut that it was written from, with all pictures, notes and markers', () => {
    fc.assert(
      fc.property(cuts(), (cut) => {
        const { cut: read } = readFcpxml(writeFcpxml(cut, profile).text);
        expect(plain(read)).toEqual(plain(onItsFrames(cut)));
        expect(marksIn(read, { colours: false })).toEqual(marksIn(cut, { colours: false }));
      }),
      { numRuns: CUT_RUNS },
    );
  });
});
