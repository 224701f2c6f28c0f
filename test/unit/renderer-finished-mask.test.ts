import { expect, test } from 'vitest';
import type { Mask } from '../../src/common/masks/mask.ts';
import { needsEngine, unsureOf } from '../../src/renderer/store/finished-mask.ts';

const box = { frame: 0, x: 0, y: 0, width: 9, height: 9, angle: 0 };
const shape: Mask = {
  invert: false,
  grow: 0,
  feather: 0,
  parts: [{ id: 'a', mode: 'add', kind: 'ellipse', keys: [box] }],
};
const painted: Mask = {
  ...shape,
  parts: [
    ...shape.parts,
    {
      id: 'b',
      mode: 'add',
      kind: 'brush',
      strokes: [{ frame: 0, mode: 'paint', radius: 1, points: [[1, 1]] }],
    },
  ],
};

test('only what the window cannot work out is asked of the engine', () => {
  expect(needsEngine(shape)).toBe(false);
  expect(needsEngine(painted)).toBe(true);
});

test('frames that are not sure are stretches, however they came in; of another mask nothing is said', () => {
  const confidence = new Map([9, 3, 4, 7, 2, 8].map((frame) => [frame, frame === 7 ? 0.9 : 0.2]));
  const known = { mask: painted, by: '', pictures: new Map(), confidence, asking: null, problem: null };
  expect(unsureOf(painted, known)).toEqual([
    [2, 5],
    [8, 10],
  ]);
  expect(unsureOf(shape, known)).toEqual([]);
  expect(unsureOf(null, known)).toEqual([]);
});
