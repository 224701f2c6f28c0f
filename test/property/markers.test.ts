import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import {
  addClip,
  mergeWithNext,
  moveItem,
  removeItems,
  removeRange,
  resizeGap,
  split,
  trim,
} from '../../src/common/project/edits.ts';
import { addMarker } from '../../src/common/project/edits-markers.ts';
import { make, startHistory, undo } from '../../src/common/project/history.ts';
import { clipFrameAt, isShot, itemAt, place, timelineLength } from '../../src/common/project/positions.ts';
import { rational } from '../../src/common/time/rational.ts';
import { clipRef, counter, projectOf } from '../helpers/projects.ts';

const newId = counter('m');

/** Three shots, a gap, then a clip of another rate in two shots; a marker on every third frame. */
function marked(): ProjectDocument {
  const document = projectOf(60, [20, 41], newId);
  document.timeline.push({ kind: 'gap', id: 'gap', frames: 9 });
  addClip(document, clipRef('other', 50, rational(60)), [17], newId);
  for (let frame = 0; frame < timelineLength(document); frame += 3)
    addMarker(document, { id: `at${frame}`, frame, name: `${frame}`, note: '', colour: 'green' });
  return document;
}

/** What lies under each marker: a clip's frame, or how far into a gap. */
function under(document: ProjectDocument): Map<string, string> {
  const placed = place(document);
  return new Map(
    document.markers.map(({ id, frame }) => {
      const at = itemAt(placed, frame);
      const what = isShot(at)
        ? `${at.item.clipId} ${clipFrameAt(at.conform, frame)}`
        : at
          ? `gap +${frame - at.from}`
          : 'nothing';
      return [id, what];
    }),
  );
}

/** A frame of a faster clip shows only where a frame of the timeline begins with it: to the next of those. */
function expectSame(now: string | undefined, was: string): void {
  const [[clip, frame], [before, wanted]] = [now!.split(' '), was.split(' ')];
  expect(clip).toBe(before);
  expect(Math.abs(Number(frame) - Number(wanted))).toBeLessThanOrEqual(clip === 'other' ? 3 : 0);
}

const framesOf = ({ markers }: ProjectDocument) =>
  Object.fromEntries(markers.map((one) => [one.id, one.frame]));

const ask = fc.record({ at: fc.nat(99), frame: fc.nat(99), length: fc.nat(30) });
const itemOf = (draft: ProjectDocument, at: number) => draft.timeline[at % draft.timeline.length]!;

function editedBy(edit: (draft: ProjectDocument) => void) {
  const history = startHistory(marked());
  const next = make(history, { name: 'edit', edit });
  expect(undo(next).document).toEqual(history.document);
  const { document } = next;
  const { markers } = document;
  expect(markers.every(({ frame }, at) => frame >= (markers[at - 1]?.frame ?? 0))).toBe(true);
  expect(markers.every(({ frame }) => frame < timelineLength(document))).toBe(true);
  return { before: history.document, document };
}

describe('markers', () => {
  it('go with the picture that is pushed, pulled or carried; with a shot that is removed they go', () => {
    const property = fc.property(ask, fc.constantFrom('insert', 'move', 'remove'), ({ at, length }, what) => {
      const { before, document } = editedBy((draft) => {
        const { id } = itemOf(draft, at);
        if (what === 'insert') addClip(draft, clipRef('new', 1 + length), [], newId, at % 7);
        else if (what === 'move') moveItem(draft, id, length % 7);
        else removeItems(draft, [id], null);
      });
      const gone = what === 'remove' ? itemOf(before, at) : null;
      const placed = place(before);
      const stood = new Map(before.markers.map((one) => [one.id, itemAt(placed, one.frame)!.item]));
      const [was, is] = [under(before), under(document)];
      // A gap that comes to stand last is dropped, with its markers.
      const dropped = document.timeline.every(({ id }) => id !== 'gap');
      for (const [id, picture] of was) {
        if (stood.get(id) === gone || (dropped && picture.startsWith('gap'))) expect(is.has(id)).toBe(false);
        else expectSame(is.get(id), picture);
      }
    });
    fc.assert(property, { seed: 1, numRuns: 300 });
  });

  it('of frames that are trimmed off come to the nearest that is left, all others keep their picture', () => {
    const property = fc.property(ask, fc.constantFrom('start' as const, 'end' as const), (asked, edge) => {
      const { before, document } = editedBy((draft) => {
        const item = itemOf(draft, asked.at);
        if (item.kind === 'shot') trim(draft, item.id, edge, asked.frame);
        else resizeGap(draft, item.id, asked.length);
      });
      expect(document.markers.length).toBe(before.markers.length);
      const trimmed = itemOf(document, asked.at);
      const [was, is] = [under(before), under(document)];
      const placed = place(before);
      for (const { id, frame } of before.markers) {
        const { item } = itemAt(placed, frame)!;
        const clipFrame = Number(was.get(id)!.split(' ')[1]);
        if (item.id !== trimmed.id || trimmed.kind === 'gap') {
          if (item.kind === 'shot') expectSame(is.get(id), was.get(id)!);
        } else if (clipFrame >= trimmed.start && clipFrame < trimmed.end) {
          expectSame(is.get(id), was.get(id)!);
        } else {
          const now = place(document).find((one) => one.item.id === trimmed.id)!;
          const at = document.markers.find((one) => one.id === id)!.frame;
          expect(at).toBe(clipFrame < trimmed.start ? now.from : now.to - 1);
        }
      }
    });
    fc.assert(property, { seed: 2, numRuns: 300 });
  });

  it('stay at their time where nothing moves: split, merge, lift', () => {
    const property = fc.property(
      ask,
      fc.constantFrom('split', 'merge', 'lift', 'lift range'),
      (asked, what) => {
        try {
          const { before, document } = editedBy((draft) => {
            if (what === 'split') split(draft, asked.frame, newId);
            else if (what === 'merge') mergeWithNext(draft, itemOf(draft, asked.at).id);
            else if (what === 'lift') removeItems(draft, [itemOf(draft, asked.at).id], newId);
            else removeRange(draft, { from: asked.frame, to: asked.frame + 1 + asked.length }, newId, true);
          });
          const length = timelineLength(document);
          const left = Object.entries(framesOf(before)).filter(([, frame]) => frame < length);
          expect(framesOf(document)).toEqual(Object.fromEntries(left));
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
        }
      },
    );
    fc.assert(property, { seed: 3, numRuns: 300 });
  });

  it('of a range that closes up go, and those after it move up', () => {
    const { document } = editedBy((draft) => removeRange(draft, { from: 10, to: 30 }, newId, false));
    expect(document.markers.slice(0, 6).map(({ id, frame }) => [id, frame])).toEqual([
      ['at0', 0],
      ['at3', 3],
      ['at6', 6],
      ['at9', 9],
      ['at30', 10],
      ['at33', 13],
    ]);
  });
});
