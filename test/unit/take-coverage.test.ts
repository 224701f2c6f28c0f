/** Takes that cover a part of their shot: what is played is what is exported, and what is said of them is true. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Cut, placedItems, shownSource } from '../../src/common/interchange/cut.ts';
import { cutOf } from '../../src/common/interchange/from-project.ts';
import type { Rational } from '../../src/common/media.ts';
import { coverageNote, uncoveredSpans } from '../../src/common/project/coverage.ts';
import type { ProjectDocument, Shot } from '../../src/common/project/document.ts';
import { addClip } from '../../src/common/project/edits.ts';
import { addTake } from '../../src/common/project/edits-takes.ts';
import {
  clipFrameOf,
  isShot,
  type Placed,
  place,
  timelineLength,
} from '../../src/common/project/positions.ts';
import { add, frameAt, framesLast } from '../../src/common/time/exact.ts';
import { rational } from '../../src/common/time/rational.ts';
import { leadWithin } from '../../src/main/engine/queue/request.ts';
import { partBetween, threeFrames } from '../../src/renderer/actions/render.ts';
import { fileFrameAt, segmentAt, segmentsFor } from '../../src/renderer/viewer/segments.ts';
import { clipRef, counter, projectOf, takeOf } from '../helpers/projects.ts';

const RATES: readonly Rational[] = [rational(24), rational(25), rational(30_000, 1001), rational(50)];

interface Parts {
  readonly rate: Rational;
  readonly other: Rational;
  readonly cuts: readonly number[];
  readonly spans: readonly (readonly [number, number])[];
}

/** Two clips, the second of any rate, cut into shots; takes of any frames, each shown by its shot. */
const documents = fc
  .record<Parts>({
    rate: fc.constantFrom(...RATES),
    other: fc.constantFrom(...RATES),
    cuts: fc.array(fc.integer({ min: 1, max: 59 }), { maxLength: 2 }),
    spans: fc.array(fc.tuple(fc.nat(59), fc.nat(59)), { minLength: 1, maxLength: 4 }),
  })
  .map(documentOf);

function documentOf({ rate, other, cuts, spans }: Parts): ProjectDocument {
  const document = projectOf(
    60,
    [...new Set(cuts)].sort((a, b) => a - b),
  );
  document.clips.clip = { ...document.clips.clip!, rate };
  addClip(document, clipRef('other', 60, other), [], counter('other'));
  const shots = document.timeline.filter((item) => item.kind === 'shot');
  for (const [i, [a, b]] of spans.entries()) {
    const shot = shots[i % shots.length]!;
    const range = { id: shot.id, start: Math.min(a, b), end: Math.max(a, b) + 1 };
    addTake(document, takeOf(`take${i}`, range), true);
  }
  return document;
}

/** The last frame of the clip, which the take lacks, is one that a slower timeline passes over. */
const passedOver: [ProjectDocument][] = [
  [
    documentOf({
      ...{ rate: rational(24), other: rational(50), cuts: [] },
      spans: [
        [0, 59],
        [0, 58],
      ],
    }),
  ],
];

function cutOfDocument(document: ProjectDocument): Cut {
  const rateOf = (path: string) => {
    const take = Object.values(document.takes).find((one) => one.path === path);
    const shot = take && document.timeline.find(({ id }) => id === take.shotId);
    const clip = shot
      ? document.clips[(shot as Shot).clipId]
      : Object.values(document.clips).find((one) => one.path === path);
    return clip!.rate;
  };
  return cutOf(document, {
    takes: 'shown',
    facts: (path) => ({
      ...{ path, rate: rateOf(path), frames: 60, width: 640, height: 360 },
      ...{ timecode: null, reel: null, sound: null },
    }),
  });
}

it('the viewer and an exported cut show the same frame of the same file at every frame of the timeline', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const cut = cutOfDocument(document);
      const segments = segmentsFor(document, place(document), 'timeline');
      let seen = 0;
      for (const { item, at } of placedItems(cut)) {
        if (item.kind === 'gap') continue;
        const source = shownSource(item);
        const media = cut.media[source.media]!;
        for (let frame = at; frame < at + item.frames; frame += 1) {
          const segment = segmentAt(segments, frame)!;
          const exported = frameAt(add(source.from, framesLast(frame - at, cut.rate)), media.rate);
          expect(`${segment.path} ${fileFrameAt(segment, frame)}`).toBe(`${media.path} ${exported}`);
          seen += 1;
        }
      }
      expect(seen).toBe(timelineLength(document));
    }),
    { numRuns: 300, examples: passedOver },
  );
});

it('what is hatched is where the clip is played', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const placed = place(document);
      const segments = segmentsFor(document, placed, 'timeline');
      for (const one of placed) {
        const take = isShot(one) && one.item.takeId !== null ? document.takes[one.item.takeId] : undefined;
        if (!isShot(one) || !take) continue;
        const spans = uncoveredSpans(take, one.item);
        for (let frame = one.from; frame < one.to; frame += 1) {
          const clipFrame = clipFrameOf(one, frame);
          const hatched = spans.some(({ start, end }) => clipFrame >= start && clipFrame < end);
          expect(segmentAt(segments, frame)!.takeId === null).toBe(hatched);
        }
      }
    }),
    { numRuns: 200, examples: passedOver },
  );
});

it('says what a take covers, by first and last frame', () => {
  const shot = { start: 0, end: 121 };
  expect(coverageNote({ start: 12, end: 49 }, shot)).toBe('covers 12–48 of 0–120');
  expect(coverageNote({ start: 0, end: 121 }, shot)).toBeNull();
  expect(coverageNote({ start: 0, end: 300 }, shot)).toBeNull();
  expect(coverageNote({ start: 200, end: 300 }, shot)).toBe('covers nothing of 0–120');
});

it('In and Out say which frames of a shot are tried, and its lead is an anchor in there where there is one', () => {
  const [, second] = place(projectOf(120, [40, 90])) as Placed<Shot>[];
  expect(partBetween(second!, { inFrame: 50, outFrame: 60 })).toEqual({ start: 50, end: 60 });
  expect(partBetween(second!, { inFrame: null, outFrame: 60 })).toEqual({ start: 40, end: 60 });
  expect(partBetween(second!, { inFrame: 70, outFrame: null })).toEqual({ start: 70, end: 90 });
  expect(partBetween(second!, { inFrame: 0, outFrame: 40 })).toBeNull();
  const shot = { ...second!.item, anchors: [41, 66, 80], leadAnchor: 41 };
  expect(leadWithin(shot, { start: 40, end: 60 })).toBe(41);
  expect(leadWithin(shot, { start: 60, end: 90 })).toBe(66);
  expect(leadWithin(shot, { start: 50, end: 60 })).toBe(50);
  expect([threeFrames({ start: 10, end: 21 }), threeFrames({ start: 3, end: 4 })]).toEqual([
    [10, 15, 20],
    [3],
  ]);
});
