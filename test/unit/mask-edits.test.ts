/** Edits of a shot's mask: each leaves a mask that can be rendered, and its undo is what was before. */
import { describe, expect, it } from 'vitest';
import { type Mask, mask as maskSchema, type Part } from '../../src/common/masks/mask.ts';
import type { Shot } from '../../src/common/project/document.ts';
import {
  addPart,
  addStroke,
  editMask,
  framesOf,
  geometryAt,
  holdKey,
  insertCorner,
  keyFramesOf,
  type MaskEdit,
  moveKeys,
  moveStrokes,
  orderPart,
  partName,
  putKey,
  removeCorner,
  removeKey,
  removePart,
} from '../../src/common/project/edits-mask.ts';
import { endGesture, make, startHistory, undo } from '../../src/common/project/history.ts';
import { projectOf } from '../helpers/projects.ts';

const box = (frame: number, x = 0) => ({ frame, x, y: 10, width: 20, height: 30, angle: 0 });
const rectangle = (id = 'r', ...frames: number[]): Part => ({
  id,
  mode: 'add',
  kind: 'rectangle',
  keys: frames.map((frame) => box(frame, frame)),
});
const polygon = (): Part => ({
  id: 'p',
  mode: 'add',
  kind: 'polygon',
  keys: [
    {
      frame: 0,
      points: [
        [0, 0],
        [10, 0],
        [10, 10],
      ],
    },
    {
      frame: 10,
      points: [
        [100, 0],
        [110, 0],
        [110, 10],
      ],
    },
  ],
});
const brush = (): Part => ({
  id: 'b',
  mode: 'add',
  kind: 'brush',
  strokes: [
    { frame: 4, mode: 'paint', radius: 5, points: [[1, 1]] },
    { frame: 2, mode: 'paint', radius: 5, points: [[3, 3]] },
    { frame: 4, mode: 'erase', radius: 5, points: [[2, 2]] },
  ],
});

/** A mask of these parts after an edit; checked as what is rendered is. */
function edited(parts: readonly Part[], edit: MaskEdit): Mask {
  const document = projectOf(20, []);
  const [shot] = document.timeline as [Shot];
  editMask(document, shot.id, (mask) => mask.parts.push(...parts));
  editMask(document, shot.id, edit);
  const { mask } = shot.settings.guide;
  expect(maskSchema.safeParse(mask).error).toBeUndefined();
  return mask!;
}

describe('parts', () => {
  it('a first part makes the mask, the last one that goes takes it along', () => {
    const document = projectOf(20, []);
    const [shot] = document.timeline as [Shot];
    expect(shot.settings.guide.mask).toBeNull();
    editMask(document, shot.id, (mask) => addPart(mask, rectangle('r', 0)));
    expect(shot.settings.guide.mask).toMatchObject({ invert: false, parts: [{ id: 'r' }] });
    editMask(document, shot.id, (mask) => removePart(mask, 'r'));
    expect(shot.settings.guide.mask).toBeNull();
  });

  it('change their order, and stay where there is no further', () => {
    const ids = (by: -1 | 1, id: string) =>
      edited([rectangle('a', 0), rectangle('b', 0), rectangle('c', 0)], (mask) =>
        orderPart(mask, id, by),
      ).parts.map((part) => part.id);
    expect(ids(1, 'a')).toEqual(['b', 'a', 'c']);
    expect(ids(-1, 'c')).toEqual(['a', 'c', 'b']);
    expect(ids(-1, 'a')).toEqual(['a', 'b', 'c']);
  });

  it('are named by their kind, with a number where there are several', () => {
    const mask = edited([], (draft) => draft.parts.push(rectangle('a', 0), polygon(), rectangle('b', 0)));
    expect(mask.parts.map((part) => partName(mask, part))).toEqual(['Rectangle 1', 'Polygon', 'Rectangle 2']);
  });

  it('refuse what is not there', () => {
    expect(() => edited([brush()], (mask) => removePart(mask, 'x'))).toThrow(/not in the mask/);
    expect(() => edited([brush()], (mask) => putKey(mask, 'b', 0, box(0)))).toThrow(/no key frames/);
    expect(() => edited([rectangle('r', 0)], (mask) => insertCorner(mask, 'r', 0, 0.5))).toThrow(
      /only a polygon/,
    );
  });
});

describe('key frames', () => {
  it('are made where a shape is put at another frame, in their order', () => {
    const mask = edited([rectangle('r', 5)], (draft) => {
      putKey(draft, 'r', 9, box(9, 90));
      putKey(draft, 'r', 1, box(1, 10));
      putKey(draft, 'r', 5, box(5, 55));
    });
    expect(keyFramesOf(mask)).toEqual([1, 5, 9]);
    expect(geometryAt(mask.parts[0] as never, 5)).toMatchObject({ x: 55 });
    expect(geometryAt(mask.parts[0] as never, 7)).toMatchObject({ x: 72.5 });
  });

  it('hold a shape where it is between two', () => {
    const mask = edited([rectangle('r', 0, 10)], (draft) => holdKey(draft, 'r', 4));
    expect(geometryAt(mask.parts[0] as never, 4)).toMatchObject({ x: 4 });
    expect(keyFramesOf(mask)).toEqual([0, 4, 10]);
  });

  it('go one by one, and the part with the last', () => {
    const parts = [rectangle('r', 0, 10), brush()];
    const mask = edited(parts, (draft) => {
      removeKey(draft, 'r', 0);
      removeKey(draft, 'b', 4);
    });
    expect(mask.parts.map(framesOf)).toEqual([[10], [2]]);
    expect(edited(parts, (draft) => removeKey(removeAll(draft, 'r'), 'r', 10)).parts).toHaveLength(1);
    expect(() => edited(parts, (draft) => removeKey(draft, 'r', 3))).toThrow(/no key frame here/);
  });

  it('move in time, strokes with them, in place of what is there', () => {
    const parts = [rectangle('r', 0, 10), rectangle('s', 0), brush()];
    const mask = edited(parts, (draft) => {
      moveKeys(draft, ['r', 's'], 0, 10);
      moveKeys(draft, ['b'], 2, 4);
    });
    expect(mask.parts.map(framesOf)).toEqual([[10], [10], [4]]);
    expect(geometryAt(mask.parts[0] as never, 10)).toMatchObject({ x: 0 });
    expect(mask.parts[2]).toMatchObject({ strokes: [{ points: [[3, 3]] }] });
    // Their order in the mask is what it was.
    expect(mask.parts.map(({ id }) => id)).toEqual(['r', 's', 'b']);
  });
});

function removeAll(mask: Mask, id: string): Mask {
  for (const frame of framesOf(mask.parts.find((part) => part.id === id)!).slice(0, -1))
    removeKey(mask, id, frame);
  return mask;
}

describe('corners', () => {
  it('are put in at every key frame, so that the shape between them stays', () => {
    const before = edited([polygon()], () => {});
    const mask = edited([polygon()], (draft) => insertCorner(draft, 'p', 0, 0.5));
    const points = (of: Mask, frame: number) =>
      (geometryAt(of.parts[0] as never, frame) as { points: unknown }).points;
    expect(points(mask, 0)).toEqual([
      [0, 0],
      [5, 0],
      [10, 0],
      [10, 10],
    ]);
    expect(points(mask, 5)).toEqual([
      [50, 0],
      [55, 0],
      [60, 0],
      [60, 10],
    ]);
    expect(points(before, 5)).toEqual([
      [50, 0],
      [60, 0],
      [60, 10],
    ]);
  });

  it('go at every key frame; three stay', () => {
    const mask = edited([polygon()], (draft) => {
      insertCorner(draft, 'p', 2, 0.5);
      removeCorner(draft, 'p', 1);
    });
    expect(mask.parts[0]).toMatchObject({
      keys: [
        {
          points: [
            [0, 0],
            [10, 10],
            [5, 5],
          ],
        },
        {},
      ],
    });
    expect(() => edited([polygon()], (draft) => removeCorner(draft, 'p', 0))).toThrow(/three corners/);
  });
});

it('what was painted on a frame moves, and only that', () => {
  const mask = edited([brush()], (draft) => {
    moveStrokes(draft, 'b', 4, 10, -1);
    addStroke(draft, 'b', { frame: 6, mode: 'paint', radius: 1, points: [[9, 9]] });
  });
  expect(mask.parts[0]).toMatchObject({
    strokes: [{ points: [[11, 0]] }, { points: [[3, 3]] }, { points: [[12, 1]] }, { frame: 6 }],
  });
  expect(() => edited([brush()], (draft) => moveStrokes(draft, 'b', 3, 1, 1))).toThrow(/nothing is painted/);
});

it('a drag is one step of undo, and keeps only what it changed', () => {
  const document = projectOf(20, []);
  const id = document.timeline[0]!.id;
  editMask(document, id, (mask) => mask.parts.push(brush(), rectangle('r', 0)));
  const started = startHistory(document);
  let history = started;
  for (let x = 1; x <= 5; x++)
    history = make(history, {
      name: 'Move rectangle',
      gesture: 'drag',
      edit: (draft) => editMask(draft, id, (mask) => putKey(mask, 'r', 3, box(3, x))),
    });
  history = endGesture(history);
  expect(history.done).toHaveLength(1);
  // Painted ways are long: no patch holds them again.
  expect(JSON.stringify(history.done[0]!.forward)).not.toContain('strokes');
  expect(undo(history).document).toEqual(started.document);
});
