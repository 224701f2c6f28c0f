/** Clips of several rates on one timeline. */
import { describe, expect, it } from 'vitest';
import type { Rational } from '../../src/common/media.ts';
import { emptyProject, type ProjectDocument } from '../../src/common/project/document.ts';
import { addClip, mergeWithNext, moveItem, removeItems, split } from '../../src/common/project/edits.ts';
import {
  clipFrameOf,
  isShot,
  type Placed,
  place,
  timelineFrameOf,
  timelineLength,
  timelineRate,
} from '../../src/common/project/positions.ts';
import { rational, toNumber } from '../../src/common/time/rational.ts';
import { fileFrameAt, segmentAt, segmentsFor } from '../../src/renderer/viewer/segments.ts';
import { clipRef, counter } from '../helpers/projects.ts';

const TWENTY_FIVE = rational(25);

/** Two seconds of 25 fps, two seconds of another rate, two seconds of 25 fps. */
function mixed(rate: Rational, frames = 2 * Math.round(toNumber(rate))): ProjectDocument {
  const document = emptyProject('Mixed');
  const newId = counter();
  addClip(document, clipRef('first', 50, TWENTY_FIVE), [], newId);
  addClip(document, clipRef('other', frames, rate), [], newId);
  addClip(document, clipRef('last', 50, TWENTY_FIVE), [], newId);
  return document;
}

const RATES = [12, 24, 30, 50, 60, 120, 240].map((rate) => rational(rate));
const NTSC = [24, 30, 60].map((rate) => rational(rate * 1000, 1001));

describe('a clip of another rate', () => {
  it.each([...RATES, ...NTSC])(
    'of $num/$den takes its real time, and no other shot moves a frame more',
    (rate) => {
      const document = mixed(rate);
      const [first, other, last] = place(document) as Placed<never>[];
      const seconds = document.clips.other!.frames / toNumber(rate);
      expect([first!.from, first!.to]).toEqual([0, 50]);
      expect((other!.to - other!.from) / 25).toBeGreaterThanOrEqual(seconds - 1e-9);
      expect((other!.to - other!.from) / 25).toBeLessThan(seconds + 1 / 25);
      expect(last!.to - last!.from).toBe(50);
    },
  );

  it('shows the frame whose time it is', () => {
    const [, fast] = place(mixed(rational(50))) as [Placed, Placed<never>];
    expect([50, 51, 52, 99].map((frame) => clipFrameOf(fast, frame))).toEqual([0, 2, 4, 98]);
    expect([0, 1, 2, 98, 99].map((frame) => timelineFrameOf(fast, frame))).toEqual([50, 51, 51, 99, 99]);
    const [, slow] = place(mixed(rational(25, 2), 25)) as [Placed, Placed<never>];
    expect([50, 51, 52, 53, 99].map((frame) => clipFrameOf(slow, frame))).toEqual([0, 0, 1, 1, 24]);
    expect([0, 1, 24].map((frame) => timelineFrameOf(slow, frame))).toEqual([50, 52, 98]);
  });

  it('leaves the timeline counting as its first clip counts, wherever shots are moved', () => {
    const document = mixed(rational(30));
    const length = timelineLength(document);
    moveItem(document, document.timeline[1]!.id, 0);
    expect(timelineRate(document)).toEqual(TWENTY_FIVE);
    expect(timelineLength(document)).toBe(length);
    removeItems(document, [document.timeline[1]!.id], null);
    expect(timelineRate(document)).toEqual(TWENTY_FIVE);
  });

  it('leaves a gap of its own length behind', () => {
    const document = mixed(rational(60));
    const length = timelineLength(document);
    removeItems(document, [document.timeline[1]!.id], () => 'gap');
    expect(document.timeline[1]).toEqual({ kind: 'gap', id: 'gap', frames: 50 });
    expect(timelineLength(document)).toBe(length);
  });

  it.each([...RATES, ...NTSC])(
    'of $num/$den is split and merged anywhere without moving what follows',
    (rate) => {
      const [, other] = place(mixed(rate)) as Placed[];
      const whole = pictures(mixed(rate));
      for (let frame = other!.from + 1; frame < other!.to; frame += 7) {
        const document = mixed(rate);
        try {
          split(document, frame, counter('new'));
        } catch {
          continue; // The same frame of a slow clip still shows: nothing to cut.
        }
        expect(pictures(document)).toEqual(whole);
        mergeWithNext(document, document.timeline[1]!.id);
        expect(pictures(document)).toEqual(whole);
      }
    },
  );

  it('plays the file frames that the timeline shows', () => {
    for (const rate of [...RATES, ...NTSC]) {
      const document = mixed(rate);
      const placed = place(document);
      const segments = segmentsFor(document, placed, 'timeline');
      for (const one of placed) {
        if (!isShot(one)) continue;
        for (let frame = one.from; frame < one.to; frame++)
          expect(fileFrameAt(segmentAt(segments, frame)!, frame)).toBe(clipFrameOf(one, frame));
      }
    }
  });
});

/** Clip and frame at every timeline frame. */
function pictures(document: ProjectDocument): string[] {
  return place(document).flatMap((one) =>
    Array.from({ length: one.to - one.from }, (_, at) =>
      isShot(one) ? `${one.item.clipId} ${clipFrameOf(one, one.from + at)}` : 'gap',
    ),
  );
}
