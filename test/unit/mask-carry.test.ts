/** A painted mask along the flow, against where the shape truly is. */
import { describe, expect, it } from 'vitest';
import type { Grid } from '../../src/common/masks/grid.ts';
import { mask as maskSchema, type PartOf } from '../../src/common/masks/mask.ts';
import type { ClipInfo } from '../../src/common/media.ts';
import { disFlow } from '../../src/main/engine/flow/dis.ts';
import { grey } from '../../src/main/engine/flow/pyramid.ts';
import { Brush } from '../../src/main/engine/make/brush.ts';
import { Carrier, confidenceOf, type Link } from '../../src/main/engine/make/carry.ts';
import { framesToFollow, Masks } from '../../src/main/engine/make/mask.ts';
import { settings } from '../helpers/job-settings.ts';
import { movingShape, overlap } from '../helpers/moving-shape.ts';

const size = { width: 128, height: 96 };
const grid: Grid = { ...size, picture: size };

function world(movement: Parameters<typeof movingShape>[1]) {
  const shown = new Map<number, ReturnType<typeof movingShape>>();
  const at = (frame: number) => {
    const known = shown.get(frame) ?? movingShape(size, movement, frame);
    shown.set(frame, known);
    return known;
  };
  const links = new Map<number, Link>();
  const link = async (frame: number): Promise<Link> => {
    const [a, b] = [at(frame).rgb, at(frame + 1).rgb];
    const known = links.get(frame) ?? {
      there: disFlow(a, b, size.width, size.height),
      back: disFlow(b, a, size.width, size.height),
    };
    links.set(frame, known);
    return known;
  };
  const picture = async (frame: number) => at(frame).rgb;
  const look = (frame: number) => grey(at(frame).rgb, size.width, size.height).data;
  return { truth: (frame: number) => at(frame).truth, link, picture, look };
}

const STILL = { right: 0, down: 0, turn: 0, growth: 1, pan: 0 };

describe('a carried mask', () => {
  it.each([
    ['moves', { ...STILL, right: 1.5, down: 0.4 }, 0.95],
    ['moves over a panning background', { ...STILL, right: 1.5, down: 0.4, pan: -1.2 }, 0.95],
    ['turns', { ...STILL, right: 0.8, turn: 3 }, 0.9],
    ['grows', { ...STILL, right: 0.5, growth: 1.015, pan: -0.5 }, 0.94],
  ])('lies on what %s after 24 frames, as sharp as before', async (_, movement, least) => {
    const { truth, link, look } = world(movement);
    const carrier = new Carrier(truth(0), size, look(0));
    let carried = { coverage: truth(0), trust: truth(0) };
    for (let frame = 0; frame < 24; frame++) carried = carrier.step(await link(frame), look(frame + 1));
    expect(overlap(carried.coverage, truth(24))).toBeGreaterThan(least);
    const soft = (of: Float32Array) => of.filter((value) => value > 0.02 && value < 0.98).length;
    expect(soft(carried.coverage)).toBeLessThan(2 * soft(truth(24)));
  });

  it('stays where it is where nothing moves', async () => {
    const { truth, link, look } = world(STILL);
    const carrier = new Carrier(truth(0), size, look(0));
    for (let frame = 0; frame < 5; frame++) {
      const carried = carrier.step(await link(0), look(0));
      expect(overlap(carried.coverage, truth(0))).toBe(1);
      expect(confidenceOf(carried, size)).toBeGreaterThan(0.9);
    }
  });

  it('is trusted less the further it moves, and not at all where nothing is left of it', async () => {
    const { truth, link, look } = world({ ...STILL, right: 1.5 });
    const carrier = new Carrier(truth(0), size, look(0));
    let before = 1;
    for (let frame = 0; frame < 6; frame++) {
      const trusted = confidenceOf(carrier.step(await link(frame), look(frame + 1)), size);
      expect(trusted).toBeLessThan(before);
      before = trusted;
    }
    expect(before).toBeGreaterThan(0.85);
    expect(confidenceOf({ coverage: truth(0).map(() => 0), trust: truth(0).map(() => 1) }, size)).toBe(0);
  });
});

/** A dab on the middle of the shape, and one that takes a corner of the picture away. */
const part = (strokes: PartOf<'brush'>['strokes']): PartOf<'brush'> => ({
  id: 'b',
  mode: 'add',
  kind: 'brush',
  strokes,
});
const dab = (frame: number, x: number, y: number, radius = 10, mode: 'paint' | 'erase' = 'paint') => ({
  frame,
  mode,
  radius,
  points: [[x, y]] as [number, number][],
});

describe('a brush', () => {
  const movement = { ...STILL, right: 2 };
  const middle = (frame: number) => size.width * 0.35 + 2 * frame;
  const inside = (coverage: Float32Array, x: number, y: number) =>
    coverage[Math.floor(y) * size.width + Math.floor(x)]!;

  it('is carried both ways, the same whatever the order in which frames are asked for', async () => {
    const { link, picture } = world(movement);
    const painted = part([dab(4, middle(4), 43)]);
    const forwards = new Brush({ part: painted, grid, link, picture });
    const backwards = new Brush({ part: painted, grid, link, picture });
    const first = [];
    for (let frame = 0; frame < 9; frame++) first.push((await forwards.at(frame)).coverage);
    const second = [];
    for (let frame = 8; frame >= 0; frame--) second.unshift((await backwards.at(frame)).coverage);
    for (let frame = 0; frame < 9; frame++) {
      expect(inside(first[frame]!, middle(frame), 43)).toBeGreaterThan(0.9);
      expect(inside(first[frame]!, middle(frame) + 16, 43)).toBeLessThan(0.1);
      expect(second[frame]).toEqual(first[frame]);
    }
  });

  it('is given up between two frames, though nothing is waited for', async () => {
    const { link, picture } = world(STILL);
    const abort = new AbortController();
    let steps = 0;
    const kept = await link(0);
    const counted = async () => {
      steps += 1;
      return kept;
    };
    const painted = part([dab(0, 40, 43)]);
    const brush = new Brush({ part: painted, grid, link: counted, picture, signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(brush.at(40)).rejects.toMatchObject({ name: 'Cancelled' });
    expect(steps).toBeLessThan(5);
  });

  it('corrects what was carried where it is painted again, and both meet between', async () => {
    const { link, picture } = world(movement);
    const brush = new Brush({
      part: part([dab(0, middle(0), 43), dab(8, middle(8) + 6, 43, 8, 'erase'), dab(8, middle(8), 30, 4)]),
      grid,
      link,
      picture,
    });
    const last = (await brush.at(8)).coverage;
    expect(inside(last, middle(8) - 6, 43)).toBeGreaterThan(0.9);
    expect(inside(last, middle(8) + 6, 43)).toBeLessThan(0.1);
    const area = async (frame: number) =>
      (await brush.at(frame)).coverage.reduce((sum, value) => sum + value, 0);
    const areas = [];
    for (let frame = 0; frame <= 8; frame++) areas.push(await area(frame));
    const [least, most] = [Math.min(areas[0]!, areas[8]!) - 4, Math.max(areas[0]!, areas[8]!) + 4];
    for (const one of areas) {
      expect(one).toBeGreaterThan(least);
      expect(one).toBeLessThan(most);
    }
  });
});

describe('masks of frames', () => {
  const clip = { ...({} as ClipInfo), path: '/clip.mov' };
  const fit = {
    sourceWidth: 256,
    sourceHeight: 192,
    contentWidth: 128,
    contentHeight: 96,
    width: 128,
    height: 128,
    left: 0,
    top: 16,
  };
  const masksOf = (json: object) =>
    new Masks({
      shot: { clip, fit, model: { name: 'm' } },
      mask: maskSchema.parse(json),
      mattes: new Map(),
      link: async (frame) => ({ key: `${frame}`, read: () => Promise.reject(new Error('nothing is asked')) }),
      picture: () => Promise.reject(new Error('nothing is looked at')),
      segment: () => Promise.reject(new Error('no network is asked')),
    });
  const keyOf = async (json: object, frame: number) => (await masksOf(json).frame(frame)).mask.key;
  const rectangle = (x: number, frame = 0) => ({ frame, x, y: 20, width: 60, height: 40, angle: 0 });
  const shape = (...keys: object[]) => ({ parts: [{ id: 'a', kind: 'rectangle', keys }] });

  it('have the key of what is there on the frame, and of nothing else', async () => {
    const moving = await keyOf(shape(rectangle(0), rectangle(100, 10)), 5);
    expect(await keyOf(shape(rectangle(50)), 5)).toBe(moving);
    expect(await keyOf(shape(rectangle(51)), 5)).not.toBe(moving);
    expect(await keyOf({ ...shape(rectangle(50)), grow: 1 }, 5)).not.toBe(moving);
    expect(await keyOf({ ...shape(rectangle(50)), invert: true }, 5)).not.toBe(moving);
  });

  it('lie over the content of the canvas, in the pixels of the clip', async () => {
    const { mask } = await masksOf(shape(rectangle(40))).frame(0);
    const signal = new AbortController().signal;
    const { value } = await mask.make({
      signal,
      have: () => Promise.reject(new Error('no needs')),
      onCall: () => {},
    });
    expect(value.shape).toEqual([96, 128]);
    expect(value.data.reduce((sum, one) => sum + one, 0)).toBeCloseTo(30 * 20);
    expect(value.data[15 * 128 + 25]).toBe(1);
  });

  it('need the motion between all that was painted and all that is rendered', () => {
    const { guide } = settings;
    expect(guide.mask).toBeNull();
    const painted = (...frames: number[]) =>
      maskSchema.parse({
        parts: [{ id: 'b', kind: 'brush', strokes: frames.map((frame) => dab(frame, 1, 1)) }],
      });
    expect(framesToFollow(painted(3, 9), { start: 5, end: 7 })).toEqual({ start: 3, end: 10 });
    expect(framesToFollow(painted(5), { start: 5, end: 6 })).toBeNull();
    expect(framesToFollow(maskSchema.parse(shape(rectangle(0))), { start: 0, end: 9 })).toBeNull();
  });
});
