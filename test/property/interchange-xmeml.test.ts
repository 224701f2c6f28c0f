/** What is written as Final Cut Pro 7's XML is read again as the same cut. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readXmeml } from '../../src/common/interchange/xmeml/read.ts';
import { writeXmeml } from '../../src/common/interchange/xmeml/write.ts';
import { toNumber } from '../../src/common/time/rational.ts';
import { apart, CUT_RUNS, cuts, marksIn, plain } from '../helpers/cuts.ts';

/** The format has no place for a tape without a label. */
const labelled = (cut: ReturnType<typeof plain>) => ({
  ...cut,
  items: cut.items.map((item) =>
    item.kind === 'gap'
      ? item
      : {
          ...item,
          sources: item.sources.map((one) => ({ ...one, timecode: one.reel === null ? one.timecode : null })),
        },
  ),
});

it('says the cut that it was written from, with all pictures, notes and markers', () => {
  fc.assert(
    fc.property(cuts({ mixed: false }), (cut) => {
      const { cut: read } = readXmeml(writeXmeml(cut).text);
      expect(labelled(plain(read))).toEqual(labelled(plain(cut)));
      expect(marksIn(read, { colours: false })).toEqual(marksIn(cut, { colours: false }));
    }),
    { numRuns: CUT_RUNS },
  );
});

it('begins in a file of another rate within half a frame of the timeline, and says so', () => {
  fc.assert(
    fc.property(cuts(), (cut) => {
      const { text } = writeXmeml(cut);
      const { cut: read } = readXmeml(text);
      const grid = 0.5 / toNumber(cut.rate);
      for (const seconds of apart(cut, read)) expect(seconds).toBeLessThanOrEqual(grid + 1e-9);
    }),
    { numRuns: CUT_RUNS },
  );
});
