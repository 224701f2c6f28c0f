/** Drawing masks in the viewer: boxes that are pulled and turned, what lies under the pointer, arrow keys. */
import { describe, expect, it } from 'vitest';
import type { Mask, Part, Point } from '../../src/common/masks/mask.ts';
import { rasterise } from '../../src/common/masks/rasterise.ts';
import {
  type Box,
  boundsOf,
  boxBetween,
  cornersOf,
  grown,
  HANDLES,
  type Handle,
  handleAt,
  isInside,
  moved,
  nearestOn,
  resized,
  rounded,
  toClip,
  toScreen,
  turned,
  turnHandleAt,
} from '../../src/renderer/viewer/mask/geometry.ts';
import { cursorOf, hitMask, TURN_REACH } from '../../src/renderer/viewer/mask/hit.ts';
import { veilGrid } from '../../src/renderer/viewer/mask/veil-grid.ts';

const plain = { even: false, central: false };
const box = (angle = 0): Box => ({ x: 100, y: 50, width: 80, height: 40, angle });
const near = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const OPPOSITE: Readonly<Record<Handle, Handle>> = {
  nw: 'se',
  n: 's',
  ne: 'sw',
  e: 'w',
  se: 'nw',
  s: 'n',
  sw: 'ne',
  w: 'e',
};

describe('boxes', () => {
  it('are drawn from any corner to any other, even, and from the middle', () => {
    expect(boxBetween([10, 10], [4, 30], plain)).toMatchObject({ x: 4, y: 10, width: 6, height: 20 });
    expect(boxBetween([10, 10], [4, 30], { ...plain, even: true })).toMatchObject({
      x: -10,
      y: 10,
      width: 20,
    });
    expect(boxBetween([10, 10], [4, 30], { ...plain, central: true })).toMatchObject({
      x: 4,
      y: -10,
      width: 12,
      height: 40,
    });
  });

  const cases = [0, 30, 90, 200].flatMap((angle) =>
    (Object.keys(HANDLES) as Handle[]).map((one) => [angle, one] as const),
  );
  it.each(cases)(
    'turned by %i°, a pull at %s brings the handle there and leaves the opposite one',
    (angle, handle) => {
      const before = box(angle);
      const at = handleAt(before, handle);
      const side = (angle * Math.PI) / 180;
      const [across, down] = HANDLES[handle];
      // Outwards along its own sides.
      const to: Point = [
        at[0] + 12 * across * Math.cos(side) - 7 * down * Math.sin(side),
        at[1] + 12 * across * Math.sin(side) + 7 * down * Math.cos(side),
      ];
      const after = resized(before, handle, to, plain);
      expect(near(handleAt(after, handle), to)).toBeLessThan(1e-9);
      expect(near(handleAt(after, OPPOSITE[handle]), handleAt(before, OPPOSITE[handle]))).toBeLessThan(1e-9);
      const central = resized(before, handle, to, { ...plain, central: true });
      expect(central.x + central.width / 2).toBeCloseTo(140);
      expect(near(handleAt(central, handle), to)).toBeLessThan(1e-9);
    },
  );

  it('keep their proportions, and never turn inside out', () => {
    expect(resized(box(), 'se', [260, 95], { ...plain, even: true })).toMatchObject({
      width: 160,
      height: 80,
    });
    expect(resized(box(), 'e', [0, 0], plain)).toMatchObject({ x: 100, width: 1 });
  });

  it('turn with the pointer the short way round, in steps with Shift', () => {
    const [x, y] = [140, 70];
    expect(turned(box(), [x, y - 40], [x + 40, y], false).angle).toBeCloseTo(90);
    expect(turned(box(), [x - 40, y - 1], [x - 40, y + 1], false).angle).toBeLessThan(0);
    expect(turned(box(10), [x, y - 40], [x + 3, y - 40], true).angle).toBe(15);
  });

  it('grow around their middle, and a polygon as well', () => {
    expect(grown(box(), 4, -2)).toMatchObject({ x: 98, y: 51, width: 84, height: 38 });
    const triangle = {
      points: [
        [0, 0],
        [10, 0],
        [10, 20],
      ] as Point[],
    };
    expect(boundsOf(grown(triangle, 10, 0))).toMatchObject({ x: -5, y: 0, width: 20, height: 20 });
    expect(moved(triangle, 1, 2)).toEqual({
      points: [
        [1, 2],
        [11, 2],
        [11, 22],
      ],
    });
  });

  it('are kept to a tenth of a pixel', () => {
    expect(rounded({ ...box(33.333), x: 1.2345 })).toMatchObject({ x: 1.2, angle: 33.3 });
  });
});

it('a point on the screen is one of the clip, at any zoom', () => {
  const place = { x: -30.5, y: 12, zoom: 2.75 };
  const [x, y] = toClip(toScreen([17, 203], place), place);
  expect(x).toBeCloseTo(17);
  expect(y).toBeCloseTo(203);
});

describe('what is inside', () => {
  const shapes: readonly Part[] = [
    { id: 'r', mode: 'add', kind: 'rectangle', keys: [{ frame: 0, ...box(25) }] },
    { id: 'e', mode: 'add', kind: 'ellipse', keys: [{ frame: 0, ...box(-40) }] },
    // Twice around itself: what is filled twice is inside.
    {
      id: 'p',
      mode: 'add',
      kind: 'polygon',
      keys: [
        {
          frame: 0,
          points: [
            [50, 10],
            [90, 110],
            [10, 40],
            [95, 40],
            [15, 110],
          ],
        },
      ],
    },
  ];
  it.each(shapes.map((part) => [part.kind, part] as const))('of a %s is what is filled of it', (_, part) => {
    const size = { width: 200, height: 120 };
    const mask: Mask = { invert: false, grow: 0, feather: 0, parts: [part] };
    const filled = rasterise(mask, 0, { ...size, picture: size });
    const { keys, kind } = part as Extract<Part, { kind: 'rectangle' | 'polygon' }>;
    for (let y = 0; y < size.height; y += 3)
      for (let x = 0; x < size.width; x += 3) {
        const share = filled[y * size.width + x]!;
        if (share > 0.02 && share < 0.98) continue;
        expect(isInside(kind, keys[0]!, [x + 0.5, y + 0.5]), `${x}, ${y}`).toBe(share > 0.5);
      }
  });
});

describe('what lies under the pointer', () => {
  const mask: Mask = {
    invert: false,
    grow: 0,
    feather: 0,
    parts: [
      { id: 'low', mode: 'add', kind: 'rectangle', keys: [{ frame: 0, ...box() }] },
      { id: 'high', mode: 'subtract', kind: 'ellipse', keys: [{ frame: 0, ...box() }] },
      {
        id: 'poly',
        mode: 'add',
        kind: 'polygon',
        keys: [
          {
            frame: 0,
            points: [
              [0, 200],
              [60, 200],
              [30, 260],
            ],
          },
        ],
      },
      {
        id: 'paint',
        mode: 'add',
        kind: 'brush',
        strokes: [
          {
            frame: 3,
            mode: 'paint',
            radius: 6,
            points: [
              [300, 20],
              [340, 20],
            ],
          },
        ],
      },
    ],
  };
  const hit = (held: string | null, point: Point, zoom = 1, frame = 0) =>
    hitMask(mask, held, frame, point, zoom);

  it('the one on top, where none is in hand; the one in hand before it', () => {
    expect(hit(null, [140, 70])).toEqual({ kind: 'part', part: 'high' });
    expect(hit('low', [140, 70])).toEqual({ kind: 'part', part: 'low' });
    // The ellipse leaves the corner.
    expect(hit(null, [103, 53])).toEqual({ kind: 'part', part: 'low' });
    expect(hit(null, [500, 500])).toBeNull();
  });

  it('handles of the one in hand, as far as a pointer reaches at this zoom', () => {
    expect(hit('low', [181, 91])).toMatchObject({ kind: 'handle', handle: 'se' });
    expect(hit('low', [186, 90], 1)).toMatchObject({ kind: 'handle' });
    expect(hit('low', [186, 90], 4)).toBeNull();
    expect(hit('low', turnHandleAt(box(), TURN_REACH / 2), 2)).toEqual({ kind: 'turn', part: 'low' });
  });

  it('corners and edges of a polygon in hand', () => {
    expect(hit('poly', [61, 202])).toEqual({ kind: 'corner', part: 'poly', index: 1 });
    expect(hit('poly', [30, 201])).toMatchObject({ kind: 'edge', index: 0, share: 0.5 });
    expect(hit('poly', [30, 220])).toEqual({ kind: 'part', part: 'poly' });
    expect(hit(null, [30, 201])).toEqual({ kind: 'part', part: 'poly' });
  });

  it('what was painted, on its own frame', () => {
    expect(hit(null, [320, 24], 1, 3)).toEqual({ kind: 'part', part: 'paint' });
    expect(hit(null, [320, 24], 1, 0)).toBeNull();
  });

  it('says by the cursor where a handle of a turned box pulls', () => {
    const handle = (one: Handle, angle: number) =>
      cursorOf({ kind: 'handle', part: 'x', handle: one, angle });
    expect(handle('e', 0)).toBe('ew-resize');
    expect(handle('e', 90)).toBe('ns-resize');
    expect(handle('se', 0)).toBe('nwse-resize');
    expect(handle('ne', 0)).toBe('nesw-resize');
    expect(handle('n', -45)).toBe('nesw-resize'.replace('nesw', 'nwse'));
  });
});

it('the nearest place on a way, and whether it is closed', () => {
  const way: Point[] = [
    [0, 0],
    [10, 0],
    [10, 10],
  ];
  expect(nearestOn(way, [4, 6], true)).toMatchObject({ index: 2 });
  expect(nearestOn(way, [4, 7], false)).toMatchObject({ index: 1 });
  expect(nearestOn([[3, 4]], [0, 0], false).distance).toBe(5);
});

it('a veil is worked out on a few cells of a large picture, and on all of a small one', () => {
  expect(veilGrid({ width: 3840, height: 2160 })).toMatchObject({ width: 640, height: 360 });
  expect(veilGrid({ width: 320, height: 180 })).toMatchObject({ width: 320, height: 180 });
  expect(cornersOf(box()).map(([x, y]) => [x, y])).toEqual([
    [100, 50],
    [180, 50],
    [180, 90],
    [100, 90],
  ]);
});
