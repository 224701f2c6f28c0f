import { describe, expect, it } from 'vitest';
import type { Shot } from '../../src/common/project/document.ts';
import { removeItems } from '../../src/common/project/edits.ts';
import { addAnchor } from '../../src/common/project/edits-anchors.ts';
import { addPart, editMask } from '../../src/common/project/edits-mask.ts';
import { addTake } from '../../src/common/project/edits-takes.ts';
import {
  indexAt,
  isShot,
  itemAt,
  type Placed,
  place,
  timelineFrameOf,
} from '../../src/common/project/positions.ts';
import { nextShuttle } from '../../src/renderer/actions/shuttle.ts';
import { viewStore } from '../../src/renderer/store/view.ts';
import { fitAll, MAX_SCALE, reveal, scrollBy, zoomAt } from '../../src/renderer/store/zoom.ts';
import { hitTest } from '../../src/renderer/timeline/hit.ts';
import { entriesOf, labelOfAnchor, labelOfItem } from '../../src/renderer/timeline/labels.ts';
import { inLane, lanesFor } from '../../src/renderer/timeline/lanes.ts';
import { Peaks } from '../../src/renderer/timeline/peaks.ts';
import { ticksFor, timecodeOf } from '../../src/renderer/timeline/ruler.ts';
import { frameAt, middleOf, xOf } from '../../src/renderer/timeline/scene.ts';
import { snapFrames, snapTo } from '../../src/renderer/timeline/snap.ts';
import { counter, projectOf, takeOf } from '../helpers/projects.ts';

const rate = (num: number, den = 1) => ({ num, den });

describe('positions', () => {
  const placed = place(projectOf(100, [30, 60]));

  it('finds the item under a frame, by halves', () => {
    expect([0, 29, 30, 59, 60, 99].map((frame) => itemAt(placed, frame)?.index)).toEqual([0, 0, 1, 1, 2, 2]);
    expect([itemAt(placed, -1), itemAt(placed, 100)]).toEqual([null, null]);
    expect(indexAt(placed, 100)).toBe(3);
    expect(indexAt([], 0)).toBe(0);
  });
});

describe('zoom', () => {
  const window = { scale: 4, scroll: 50, timelineWidth: 1000 };

  it.each([0, 1, 333, 999])('keeps the frame under the pointer at x = %i', (x) => {
    const before = window.scroll + x / window.scale;
    for (const factor of [1.3, 2, 0.8]) {
      const after = zoomAt(window, x, factor, 100_000);
      if (after.scroll > 0) expect(after.scroll + x / after.scale).toBeCloseTo(before, 9);
    }
  });

  it('ends at single frames and at the whole timeline', () => {
    expect(zoomAt(window, 10, 1e9, 1000).scale).toBe(MAX_SCALE);
    const far = zoomAt(window, 10, 1e-9, 1000);
    expect(xOf({ ...far }, 1000)).toBeLessThan(1000);
    const fit = fitAll(window, 1000);
    expect(xOf(fit, 0)).toBeGreaterThanOrEqual(0);
    expect(xOf(fit, 1000)).toBeLessThanOrEqual(1000);
    expect(Number.isFinite(fitAll(window, 0).scale)).toBe(true);
  });

  it('scrolls no further than the ends, and just far enough to reveal', () => {
    expect(scrollBy(window, -1e6, 1000).scroll).toBeLessThanOrEqual(0);
    expect(xOf({ ...window, ...scrollBy(window, 1e6, 1000) }, 1000)).toBeGreaterThan(500);
    expect(reveal(window, 100, 1000).scroll).toBe(50);
    for (const frame of [0, 10, 49, 301, 999]) {
      const { scroll } = reveal(window, frame, 1000);
      expect(xOf({ ...window, scroll }, frame)).toBeGreaterThanOrEqual(0);
      expect(xOf({ ...window, scroll }, frame + 1)).toBeLessThanOrEqual(1000);
    }
  });

  it('a frame is found where it is drawn', () => {
    for (const frame of [0, 50, 77, 299]) expect(frameAt(window, middleOf(window, frame))).toBe(frame);
  });
});

describe('ruler', () => {
  it.each([rate(24), rate(25), rate(30000, 1001), rate(60), rate(24000, 1001), rate(1)])(
    'labels keep their distance and fall on even parts of a second at %o',
    (at) => {
      const second = Math.round(at.num / at.den);
      for (const scale of [64, 20, 8, 3, 1, 0.2, 0.01]) {
        const { label, tick } = ticksFor(scale, at, 100);
        expect(label * scale).toBeGreaterThanOrEqual(100);
        expect(label % tick).toBe(0);
        expect(label < second ? second % label : label % second).toBe(0);
      }
    },
  );

  it('counts drop frame where the rate has it', () => {
    expect(timecodeOf(1800, rate(30000, 1001))).toBe('00:01:00;02');
    expect(timecodeOf(1800, rate(30))).toBe('00:01:00:00');
  });
});

describe('snapping', () => {
  const document = projectOf(100, [30, 60]);
  addAnchor(document, document.timeline[1]!.id, 45);
  const frames = snapFrames(place(document), { playhead: 80, inFrame: 12, outFrame: null });

  it('draws to cuts, anchors, playhead and In', () => {
    expect(frames).toEqual([0, 12, 30, 45, 60, 80, 100]);
  });

  it.each([
    [43, 2, 45],
    [43, 5, null],
    [200, 2, null],
    [-1, 2, 0],
    [52, 0.5, 45],
  ])('frame %i at %f pixels per frame → %s', (frame, scale, expected) => {
    expect(snapTo(frames, frame, { scale, snapping: true }, 1)).toBe(expected);
    expect(snapTo(frames, frame, { scale, snapping: false }, 1)).toBeNull();
  });
});

describe('what lies under the pointer', () => {
  const document = projectOf(300, [100, 200]);
  const [first, second] = document.timeline as [Shot, Shot];
  addTake(document, takeOf('t', second), true);
  addAnchor(document, second.id, 150);
  const lanes = lanesFor(216, 1, true);
  const view = { ...viewStore.getState(), scale: 2, scroll: 0, timelineWidth: 800 };
  const seen = { document, placed: place(document), lanes, view, masked: null };
  const middle = (lane: { top: number; height: number }) => lane.top + lane.height / 2;
  const hit = (x: number, lane: { top: number; height: number }) => hitTest(seen, x, middle(lane));

  it('tells lanes, edges, anchors and takes apart', () => {
    expect(hit(50, lanes.ruler)).toEqual({ kind: 'ruler' });
    expect(hit(50, lanes.overview)).toEqual({ kind: 'overview' });
    expect(hit(100, lanes.shots)).toEqual({ kind: 'item', itemId: first.id });
    expect(hit(197, lanes.shots)).toEqual({ kind: 'edge', itemId: first.id, edge: 'end' });
    expect(hit(203, lanes.shots)).toEqual({ kind: 'edge', itemId: second.id, edge: 'start' });
    expect(hit(604, lanes.shots)).toMatchObject({ kind: 'edge', edge: 'end' });
    expect(hit(700, lanes.shots)).toEqual({ kind: 'empty' });
    expect(hit(303, lanes.anchors)).toEqual({ kind: 'anchor', shotId: second.id, frame: 150 });
    expect(hit(330, lanes.anchors)).toEqual({ kind: 'ruler' });
    expect(hit(208, lanes.takes)).toEqual({ kind: 'take', shotId: second.id, takeId: 't' });
    expect(hit(300, lanes.takes)).toEqual({ kind: 'item', itemId: second.id });
  });

  it('finds key frames of the mask of the shot in hand, at the foot of its pictures', () => {
    const drawn = projectOf(300, [100, 200]);
    const key = (frame: number) => ({ frame, x: 0, y: 0, width: 9, height: 9, angle: 0 });
    editMask(drawn, drawn.timeline[1]!.id, (mask) =>
      addPart(mask, { id: 'a', mode: 'add', kind: 'ellipse', keys: [key(50), key(120), key(124)] }),
    );
    const placed = place(drawn);
    const masked = placed[1]!;
    const scene = { ...seen, document: drawn, placed, masked: isShot(masked) ? masked : null };
    const foot = lanes.shots.top + lanes.shots.height - 4;
    expect(hitTest(scene, 241, foot)).toEqual({ kind: 'mask-key', shotId: masked.item.id, frame: 120 });
    expect(hitTest(scene, 247, foot)).toMatchObject({ kind: 'mask-key', frame: 124 });
    // Before the shot begins, above the strip, and where the shot is not in hand.
    expect(hitTest(scene, 101, foot)).toMatchObject({ kind: 'item' });
    expect(hitTest(scene, 241, lanes.shots.top + 20)).toMatchObject({ kind: 'item' });
    expect(hitTest({ ...scene, masked: null }, 241, foot)).toMatchObject({ kind: 'item' });
  });

  it('a shot of a few pixels can still be picked up', () => {
    const tiny = { ...seen, view: { ...view, scale: 0.08 } };
    expect(hitTest(tiny, 12, middle(lanes.shots))).toEqual({ kind: 'item', itemId: second.id });
  });

  it('a gap has an end, its start is the end of the shot before', () => {
    const gapped = projectOf(300, [100, 200]);
    removeItems(gapped, [gapped.timeline[1]!.id], counter('gap'));
    const with_ = { ...seen, document: gapped, placed: place(gapped) };
    expect(hitTest(with_, 203, middle(lanes.shots))).toEqual({
      kind: 'edge',
      itemId: gapped.timeline[0]!.id,
      edge: 'end',
    });
    expect(hitTest(with_, 397, middle(lanes.shots))).toEqual({ kind: 'edge', itemId: 'gap0', edge: 'end' });
  });

  it('lanes fill the height and do not overlap', () => {
    for (const height of [100, 216, 600]) {
      const all = lanesFor(height, 1, true);
      const order = [all.ruler, all.anchors, all.shots, all.takes, all.sound, all.overview];
      order.forEach((lane, at) => {
        expect(lane.top).toBe(order[at - 1] ? order[at - 1]!.top + order[at - 1]!.height : 0);
      });
      for (let y = 0; y < height; y += 7) expect(order.filter((lane) => inLane(lane, y))).toHaveLength(1);
    }
  });
});

describe('peaks', () => {
  const loud = (at: number) => Math.round(120 * Math.sin(at / 37) * Math.sin(at / 911));
  const buckets = Int8Array.from({ length: 20_000 }, (_, at) => (at % 2 ? 1 : -1) * Math.abs(loud(at >> 1)));
  const peaks = new Peaks(buckets, 100);

  it('never loses a peak, at any width', () => {
    const out: [number, number] = [0, 0];
    for (const width of [1, 3, 4, 17, 100, 999, 10_000]) {
      for (let from = 0; from + width <= 10_000; from += Math.max(1, width)) {
        peaks.between(from / 100, (from + width) / 100, out);
        let highest = 0;
        for (let at = from; at < from + width; at++) highest = Math.max(highest, buckets[2 * at + 1]!);
        expect(out[1] * 127).toBeGreaterThanOrEqual(highest - 1e-6);
        expect(out[0]).toBe(-out[1] + 0);
      }
    }
  });

  it('is silent outside the sound', () => {
    const out: [number, number] = [1, 1];
    peaks.between(200, 201, out);
    expect(out).toEqual([0, 0]);
  });
});

describe('what is read aloud', () => {
  const document = projectOf(300, [100]);
  const [first] = document.timeline as [Shot];

  it('names length, anchors and the take on show', () => {
    const [placed] = place(document) as [Placed<Shot>];
    expect(labelOfItem(document, placed, 24)).toBe('Shot 1, 4.2 seconds, anchor at frame 0, clip shown');
    addTake(document, takeOf('t', first, 'snow'), true);
    addAnchor(document, first.id, 12);
    expect(labelOfItem(document, placed, 100)).toBe(
      "Shot 1, 1.0 second, anchors at frames 0, 12, take 'snow' shown",
    );
    expect([0, 12].map((anchor) => labelOfAnchor(first, anchor, null))).toEqual([
      'Anchor at frame 0 of Shot 1, leads',
      'Anchor at frame 12 of Shot 1',
    ]);
  });

  it('lists every item once, each shot before its anchors, in the order of time', () => {
    const placed = place(document);
    const entries = entriesOf(placed);
    expect(entries.map(({ anchor }) => anchor)).toEqual([null, 0, 12, null, 100]);
    expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length);
    const frames = entries.map(({ placed: one, anchor }) =>
      anchor !== null && isShot(one) ? timelineFrameOf(one, anchor) : one.from,
    );
    expect(frames).toEqual([...frames].sort((a, b) => a - b));
  });
});

it('J and L double up to eight times, and turn around at normal speed', () => {
  let speed = 0;
  const speeds = [1, 1, 1, 1, 1, -1, -1].map((direction) => {
    speed = nextShuttle(speed, direction as 1 | -1);
    return speed;
  });
  expect(speeds).toEqual([1, 2, 4, 8, 8, -1, -2]);
});
