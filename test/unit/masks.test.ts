import { describe, expect, it } from 'vitest';
import { issueText } from '../../src/common/issue.ts';
import { boxAt, polygonAt } from '../../src/common/masks/keys.ts';
import { mask, type PartOf } from '../../src/common/masks/mask.ts';
import { parseSettings, SETTINGS } from '../../src/common/settings/settings.ts';
import { settings } from '../helpers/job-settings.ts';

const rectangle: PartOf<'rectangle'> = {
  id: 'a',
  mode: 'add',
  kind: 'rectangle',
  keys: [
    { frame: 10, x: 0, y: 0, width: 10, height: 10, angle: 0 },
    { frame: 20, x: 100, y: 50, width: 30, height: 20, angle: 90 },
  ],
};
const corner = (x: number, y: number): [number, number] => [x, y];
const square = { frame: 0, points: [corner(0, 0), corner(8, 0), corner(8, 8), corner(0, 8)] };
const triangle = { frame: 10, points: [corner(0, 0), corner(8, 0), corner(0, 8)] };

describe('key frames of a mask', () => {
  it('are joined by a straight way, and hold outside', () => {
    expect(boxAt(rectangle.keys, 15)).toEqual({ x: 50, y: 25, width: 20, height: 15, angle: 45 });
    expect(boxAt(rectangle.keys, 0)).toEqual({ x: 0, y: 0, width: 10, height: 10, angle: 0 });
    expect(boxAt(rectangle.keys, 99)).toMatchObject({ x: 100, angle: 90 });
  });

  it('move polygons corner by corner where they have as many', () => {
    const moved = { frame: 10, points: square.points.map(([x, y]) => corner(x + 10, y)) };
    expect(polygonAt([square, moved], 5)).toEqual(square.points.map(([x, y]) => [x + 5, y]));
  });

  it('keep both polygons as they are where one has more corners', () => {
    const keys = [square, triangle];
    expect(polygonAt(keys, 0)).toEqual(square.points);
    expect(polygonAt(keys, 10)).toEqual(triangle.points);
    const area = (points: readonly (readonly [number, number])[]) =>
      points.reduce((sum, [x, y], i) => {
        const [nextX, nextY] = points[(i + 1) % points.length]!;
        return sum + (x * nextY - nextX * y) / 2;
      }, 0);
    expect(area(polygonAt(keys, 0.001))).toBeCloseTo(64, 1);
    expect(area(polygonAt(keys, 9.999))).toBeCloseTo(32, 1);
    for (let frame = 1; frame < 10; frame++) {
      expect(area(polygonAt(keys, frame))).toBeGreaterThan(area(polygonAt(keys, frame + 0.9)) - 1e-9);
    }
  });
});

describe('the setting', () => {
  const withMask = (one: unknown) => ({
    ...settings,
    guide: { ...settings.guide, mask: one as never },
  });

  it('is as if it were not there where there is no mask', () => {
    expect(settings.guide.mask).toBeNull();
    expect(SETTINGS.valuesThatAffect(settings, 'sampling').map(([path]) => path)).not.toContain('guide.mask');
    const masked = parseSettings(withMask({ parts: [rectangle] }));
    expect(SETTINGS.valuesThatAffect(masked, 'sampling').map(([path]) => path)).toContain('guide.mask');
    expect(SETTINGS.valuesThatAffect(masked, 'inversion').map(([path]) => path)).not.toContain('guide.mask');
  });

  it('may have no parts while it is drawn, and not when it is rendered', () => {
    const empty = { guide: { mask: { parts: [] } } };
    expect(SETTINGS.shot.parse(empty).guide.mask).toMatchObject({ parts: [], grow: 0, invert: false });
    expect(() => parseSettings(withMask({ parts: [] }))).toThrow(
      'mask parts are none yet: draw one, or remove the mask',
    );
  });

  it('refuses what cannot be drawn, in one line', () => {
    const refused = (part: object) => mask.safeParse({ parts: [part] }).error?.issues[0]?.message;
    const [first, second] = rectangle.keys;
    expect(refused({ ...rectangle, keys: [second, first] })).toBe(
      'must have one key a frame, in their order',
    );
    expect(refused({ ...rectangle, keys: [first, first] })).toBe('must have one key a frame, in their order');
    const tooFew = (part: object) => issueText(mask.safeParse({ parts: [part] }).error!.issues[0]!);
    expect(tooFew({ ...rectangle, keys: [] })).toBe('must have 1 or more');
    expect(tooFew({ id: 'a', kind: 'polygon', keys: [{ frame: 0, points: [[0, 0]] }] })).toBe(
      'must have 3 or more',
    );
    expect(mask.safeParse({ parts: [rectangle, rectangle] }).error?.issues[0]?.message).toBe(
      'must have parts of different ids',
    );
  });
});
