import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cut } from '../../src/common/interchange/cut.ts';
import { timelineV1 } from '../../src/common/plugins/timeline-v1.ts';
import { cutOfTimeline, timelineOf } from '../../src/common/plugins/timeline-v1-cut.ts';
import { CUT_RUNS, cuts } from '../helpers/cuts.ts';

const [timeline] = timelineV1.calls.write.input.def.items;
const timelineGiven = timelineV1.calls.read.output;

const as = { stem: 'Film', place: ({ name }: { name: string }) => `media/${name}` };

/** What crosses to a plugin and back is text. */
const told = (cut: Cut) => JSON.parse(JSON.stringify(timelineOf(cut, as))) as unknown;

/** A plugin knows files by their place below the folder. */
const atPlaces = (cut: Cut): Cut => ({
  ...cut,
  media: Object.fromEntries(
    Object.values(cut.media).map((one) => [one.id, { ...one, path: `media/${one.name}` }]),
  ),
});

describe('timeline@1', () => {
  it('says all of a cut: what a plugin is told, and gives back, is the same cut', () => {
    fc.assert(
      fc.property(cuts(), (cut) => {
        const plain = told(cut);
        expect(timeline.parse(plain)).toEqual(plain);
        expect(cutOfTimeline(timelineGiven.parse(plain))).toEqual(atPlaces(cut));
      }),
      { numRuns: CUT_RUNS },
    );
  });

  it('places clips by their labels alone, where they begin on frames of their media', () => {
    fc.assert(
      fc.property(cuts({ mixed: false }), (cut) => {
        const plain = timelineGiven.parse(told(cut));
        for (const item of plain.items)
          if (item.kind === 'clip') for (const source of item.sources) delete source.from;
        expect(cutOfTimeline(plain)).toEqual(atPlaces(cut));
      }),
      { numRuns: CUT_RUNS },
    );
  });
});

const least = {
  rate: { n: '25', d: '1' },
  media: [{ id: 'a', name: 'a.mov' }],
  items: [{ kind: 'clip', frames: 10, sources: [{ media: 'a', from: { n: '1', d: '5' } }] }],
};

describe('what an importer gives', () => {
  it('may leave out what its text does not say', () => {
    expect(cutOfTimeline(timelineGiven.parse(least))).toMatchObject({
      name: 'Timeline',
      width: 1920,
      media: { a: { path: 'a.mov', frames: 15, rate: { num: 25, den: 1 }, timecode: null } },
      items: [{ name: 'a.mov', shown: 0 }],
    });
  });

  it.each([
    ['media that is not there', { ...least, media: [{ id: 'b', name: 'b.mov' }] }, /not among the media/],
    ['two media of one id', { ...least, media: [...least.media, ...least.media] }, /two media are called a/],
    ['nothing', { ...least, items: [] }, /holds nothing/],
    ['a label of another rate', { ...least, start: '01:00:00:29' }, /is no timecode at 25\/1/],
    [
      'a beginning before its file',
      {
        ...least,
        items: [{ kind: 'clip', frames: 1, sources: [{ media: 'a', from: { n: '-1', d: '5' } }] }],
      },
      /begins before a.mov does/,
    ],
  ])('is refused for %s', (_what, given, line) => {
    expect(() => cutOfTimeline(timelineGiven.parse(given))).toThrow(line);
  });

  it.each([
    ['no rate', { ...least, rate: { n: '0', d: '1' } }],
    ['a number where exact text is asked for', { ...least, rate: { n: 25, d: 1 } }],
    ['a clip without frames', { ...least, items: [{ kind: 'clip', frames: 0, sources: [{ media: 'a' }] }] }],
    ['what is not there at all', undefined],
  ])('is no timeline with %s', (_what, given) => {
    expect(timelineGiven.safeParse(given).success).toBe(false);
  });
});

describe('what an exporter gives', () => {
  const { output } = timelineV1.calls.write;
  it.each([
    ['no file', { files: [] }],
    ['a file with neither text nor bytes', { files: [{ path: 'a.csv' }] }],
    ['a file with both', { files: [{ path: 'a.csv', text: '', bytes: new Uint8Array() }] }],
    ['a text instead', 'shots'],
  ])('is refused with %s', (_what, given) => {
    expect(output.safeParse(given).success).toBe(false);
  });
});
