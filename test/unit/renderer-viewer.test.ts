import { describe, expect, test } from 'vitest';
import { emptyProject, type ProjectDocument, shotSettings } from '../../src/common/project/document.ts';
import { place } from '../../src/common/project/positions.ts';
import { fitZoom, panBy, placeOf, zoomAt } from '../../src/renderer/viewer/camera.ts';
import { frameAt, frameOfPicture, frameTime } from '../../src/renderer/viewer/frames.ts';
import { fileFrameAt, segmentAfter, segmentAt, segmentsFor } from '../../src/renderer/viewer/segments.ts';
import { clockFrame, startFrame, trimFor, within } from '../../src/renderer/viewer/transport.ts';

const settings = shotSettings.parse({});

function project(): ProjectDocument {
  const clip = (id: string) => ({
    id,
    path: `/${id}.mov`,
    fingerprint: { bytes: 1, digest: 'd' },
    name: id,
    rate: { num: 24, den: 1 },
    frames: 200,
    width: 640,
    height: 360,
    timecode: null,
    hasAudio: true,
  });
  const shot = (id: string, clipId: string, start: number, end: number, takeId: string | null = null) => ({
    kind: 'shot' as const,
    id,
    name: id,
    clipId,
    start,
    end,
    anchors: [start],
    leadAnchor: start,
    settings,
    takeId,
  });
  return {
    ...emptyProject('p'),
    clips: { a: clip('a'), b: clip('b') },
    timeline: [
      shot('s1', 'a', 10, 30),
      shot('s2', 'a', 30, 50, 't'),
      { kind: 'gap', id: 'g', frames: 5 },
      shot('s3', 'b', 0, 40),
      shot('s4', 'b', 40, 60),
    ],
    takes: {
      t: {
        id: 't',
        shotId: 's2',
        name: 'Take 1',
        rating: 0,
        note: '',
        path: '/t.mov',
        createdAt: 1,
        start: 34,
        end: 60,
        anchor: 34,
        settings,
        bundle: 'demo',
        seconds: 1,
        reconstruction: null,
      },
    },
  };
}

const RATES = [
  { num: 24, den: 1 },
  { num: 24000, den: 1001 },
  { num: 30000, den: 1001 },
  { num: 25, den: 1 },
  { num: 60000, den: 1001 },
  { num: 120, den: 1 },
];

describe('frames and seconds', () => {
  test.each(RATES)('a seek to any frame of a day-long proxy at $num/$den lands inside it', (rate) => {
    for (let frame = 0; frame < 10_000_000; frame = frame * 3 + 1) {
      const sought = frameTime(frame, rate);
      expect(frameAt(sought, rate)).toBe(frame);
      // Some players take the frame that begins nearest.
      expect(Math.round((sought * rate.num) / rate.den)).toBe(frame);
      // A container rounds the first instant of a picture to its own clock: 1/90000 s is common, and microseconds.
      const first = (frame * rate.den) / rate.num;
      for (const clock of [90_000, 1_000_000, 15_360]) {
        expect(frameOfPicture(Math.round(first * clock) / clock, rate)).toBe(frame);
      }
    }
  });
});

describe('segments', () => {
  const document = project();
  const placed = place(document);

  test('shots that go on in the same file join; a take covers what it covers', () => {
    const list = segmentsFor(document, placed, 'timeline');
    expect(list.map(({ from, to, path, first }) => [from, to, path, first])).toEqual([
      [0, 24, '/a.mov', 10],
      [24, 40, '/t.mov', 0],
      [45, 105, '/b.mov', 0],
    ]);
  });

  test('the clip choice leaves the take out', () => {
    const list = segmentsFor(document, placed, 'clip');
    expect(list.map(({ from, to, path }) => [from, to, path])).toEqual([
      [0, 40, '/a.mov'],
      [45, 105, '/b.mov'],
    ]);
  });

  test('a take chosen by name shows in its own shot only', () => {
    const list = segmentsFor(document, placed, { take: 't' });
    expect(list.map(({ takeId }) => takeId)).toEqual([null, 't', null]);
    expect(segmentsFor(document, placed, { take: 'gone' }).some((one) => one.takeId === 't')).toBe(true);
  });

  test('every timeline frame maps to the file frame that the shot shows there', () => {
    const list = segmentsFor(document, placed, 'timeline');
    for (let frame = 0; frame < 105; frame++) {
      const found = segmentAt(list, frame);
      const file = found && fileFrameAt(found, frame);
      if (frame < 24) expect(file).toBe(10 + frame);
      else if (frame < 40) expect(file).toBe(frame - 24);
      else if (frame < 45) expect(found).toBeNull();
      else expect(file).toBe(frame - 45);
    }
    expect(segmentAt(list, 105)).toBeNull();
    expect(segmentAfter(list, 40)?.path).toBe('/b.mov');
    expect(segmentAfter(list, 105)).toBeNull();
  });
});

describe('transport', () => {
  const rate = { num: 24, den: 1 };

  test('a clock counts frames both ways', () => {
    expect(clockFrame({ at: 1000, frame: 10, speed: 1 }, 2000, rate)).toBe(34);
    expect(clockFrame({ at: 1000, frame: 48, speed: -2 }, 1500, rate)).toBe(24);
    expect(clockFrame({ at: 1000, frame: 48, speed: -1 }, 1010, rate)).toBe(48);
  });

  test('playing ends after the last frame and at the first', () => {
    expect(within(9, 1, 10)).toEqual({ frame: 9, ended: false });
    expect(within(10, 1, 10)).toEqual({ frame: 9, ended: true });
    expect(within(0, -1, 10)).toEqual({ frame: 0, ended: true });
    expect(within(4, -1, 10)).toEqual({ frame: 4, ended: false });
  });

  test('play at the end means again; backwards stays', () => {
    expect(startFrame(9, 1, 10)).toBe(0);
    expect(startFrame(9, -1, 10)).toBe(9);
    expect(startFrame(3, 1, 10)).toBe(3);
  });

  test('a second picture catches up gently, or jumps', () => {
    expect(trimFor(0)).toBe(1);
    expect(trimFor(2)).toBeGreaterThan(1);
    expect(trimFor(-2)).toBeLessThan(1);
    expect(trimFor(9)).toBeNull();
  });
});

describe('camera', () => {
  const pane = { width: 800, height: 400 };
  const picture = { width: 1600, height: 900 };
  const fit = { zoom: null, x: 0, y: 0 };

  test('fit shows the whole picture in the middle', () => {
    expect(fitZoom(pane, picture)).toBeCloseTo(400 / 900);
    const at = placeOf(fit, pane, picture);
    expect(at.y).toBeCloseTo(0);
    expect(at.x * 2 + picture.width * at.zoom).toBeCloseTo(800);
  });

  test('the picture point under the cursor stays there while zooming', () => {
    const cursor = { x: 120, y: -60 };
    const pointUnder = (camera: typeof fit | { zoom: number | null; x: number; y: number }) => {
      const at = placeOf(camera, pane, picture);
      return [(cursor.x + pane.width / 2 - at.x) / at.zoom, (cursor.y + pane.height / 2 - at.y) / at.zoom];
    };
    const before = pointUnder(fit);
    const once = zoomAt(fit, 3, cursor, pane, picture);
    expect(pointUnder(once)[0]).toBeCloseTo(before[0]!);
    expect(pointUnder(once)[1]).toBeCloseTo(before[1]!);
  });

  test('the picture cannot be dragged out of sight', () => {
    const far = panBy({ zoom: 1, x: 0, y: 0 }, 1e6, -1e6, pane, picture);
    const at = placeOf(far, pane, picture);
    expect(at.x).toBeLessThan(pane.width);
    expect(at.y + picture.height).toBeGreaterThan(0);
  });
});
