import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import type { ProjectDocument, Shot } from '../../src/common/project/document.ts';
import { addClip } from '../../src/common/project/edits.ts';
import { addAnchor } from '../../src/common/project/edits-anchors.ts';
import { duplicateShots, insertClipAt } from '../../src/common/project/edits-clips.ts';
import { addMarker } from '../../src/common/project/edits-markers.ts';
import { roll, slip } from '../../src/common/project/edits-slip.ts';
import { addTake } from '../../src/common/project/edits-takes.ts';
import { faultsOf } from '../../src/common/project/invariants.ts';
import { place, timelineLength } from '../../src/common/project/positions.ts';
import { clipRef, counter, projectOf, takeOf } from '../helpers/projects.ts';

const newId = counter('r');

/** Trimmed shots of two clips and a gap: there is room on both sides of most cuts. */
function sample(): ProjectDocument {
  const document = projectOf(100, [30, 60], newId);
  for (const item of document.timeline)
    if (item.kind === 'shot')
      Object.assign(item, {
        start: item.start + 5,
        end: item.end - 5,
        anchors: [item.start + 8],
        leadAnchor: item.start + 8,
      });
  document.timeline.push({ kind: 'gap', id: 'gap', frames: 12 });
  addClip(document, clipRef('other', 40), [], newId);
  addMarker(document, { id: 'mark', frame: 50, name: '', note: '', colour: 'red' });
  return document;
}

const cutsOf = (document: ProjectDocument) => place(document).map(({ from }) => from);
const shotAt = (document: ProjectDocument, index: number) => document.timeline[index] as Shot;

it('a slip shows another part of the clip in the same place, as far as the clip goes', () => {
  const property = fc.property(
    fc.constantFrom(0, 1, 2, 4),
    fc.integer({ min: -200, max: 200 }),
    (at, frames) => {
      const [before, document] = [sample(), sample()];
      slip(document, shotAt(document, at).id, frames);
      const [was, is] = [shotAt(before, at), shotAt(document, at)];
      expect(cutsOf(document)).toEqual(cutsOf(before));
      expect(is.end - is.start).toBe(was.end - was.start);
      const room = frames < 0 ? was.start : document.clips[was.clipId]!.frames - was.end;
      expect(Math.abs(is.start - was.start)).toBe(Math.min(Math.abs(frames), room));
      expect(document.markers).toEqual(before.markers);
      expect(faultsOf(document)).toEqual([]);
    },
  );
  fc.assert(property, { seed: 1 });
});

it('a roll moves one cut and nothing else, until a clip has no more frames or one is left', () => {
  const property = fc.property(
    fc.constantFrom(0, 1, 2, 3),
    fc.integer({ min: -99, max: 99 }),
    (at, frames) => {
      const [before, document] = [sample(), sample()];
      roll(document, document.timeline[at]!.id, frames);
      const [was, is] = [cutsOf(before), cutsOf(document)];
      const moved = is[at + 1]! - was[at + 1]!;
      expect(is).toEqual(was.map((cut, index) => (index === at + 1 ? cut + moved : cut)));
      expect(timelineLength(document)).toBe(timelineLength(before));
      expect(Math.abs(moved)).toBeLessThanOrEqual(Math.abs(frames));
      if (Math.abs(moved) < Math.abs(frames)) {
        const [left, right] = [document.timeline[at]!, document.timeline[at + 1]!];
        const full = ({ kind, ...item }: typeof left, side: 'start' | 'end') =>
          kind === 'shot' &&
          (side === 'end'
            ? (item as Shot).end === document.clips[(item as Shot).clipId]!.frames
            : (item as Shot).start === 0);
        const least = (index: number) => (is[index + 1] ?? timelineLength(document)) - is[index]! === 1;
        expect(frames > 0 ? full(left, 'end') || least(at + 1) : full(right, 'start') || least(at)).toBe(
          true,
        );
      }
      expect(document.markers).toEqual(before.markers);
      expect(faultsOf(document)).toEqual([]);
    },
  );
  fc.assert(property, { seed: 2, numRuns: 200 });
  expect(() => roll(sample(), 'gone', 1)).toThrow(AppError);
  const last = sample();
  expect(() => roll(last, last.timeline.at(-1)!.id, 1)).toThrow('no cut between two shots');
});

it('what a slip leaves outside goes as with a trim: anchors to the nearest frame, takes show where they cover', () => {
  const document = sample();
  const { id } = shotAt(document, 1);
  addTake(document, takeOf('t', shotAt(document, 1)), true);
  addAnchor(document, id, 50);
  slip(document, id, 12);
  expect(shotAt(document, 1)).toMatchObject({
    start: 47,
    end: 67,
    anchors: [50],
    leadAnchor: 50,
    takeId: 't',
  });
});

it('copies stand after the last of their shots with all that is seen of them, and are changed alone', () => {
  const document = sample();
  addTake(document, takeOf('t', shotAt(document, 0)), true);
  const ids = duplicateShots(document, [shotAt(document, 1).id, shotAt(document, 0).id, 'gap'], newId);
  expect(document.timeline.map((item) => ('name' in item ? item.name : 'gap'))).toEqual([
    ...['Shot 1', 'Shot 2', 'Shot 1b', 'Shot 2b', 'Shot 3', 'gap', 'Shot 4'],
  ]);
  const [copy, original] = [shotAt(document, 2), shotAt(document, 0)];
  expect(ids).toEqual([copy.id, shotAt(document, 3).id]);
  expect(copy.takeId).not.toBe('t');
  expect(document.takes[copy.takeId!]).toMatchObject({ shotId: copy.id, path: document.takes.t!.path });
  copy.settings.prompts.target = 'rain';
  expect(original.settings.prompts.target).toBe('');
  // Shot 3 was pushed by 40 frames, and its marker with it.
  expect(document.markers[0]!.frame).toBe(90);
  expect(faultsOf(document)).toEqual([]);
});

it('a clip is put in at the playhead: what is there is split, and goes on after it', () => {
  const document = sample();
  insertClipAt(document, 'other', 10, newId);
  insertClipAt(document, 'other', 40 + 20 + 20 + 30 + 5, newId);
  expect(
    document.timeline.map((item) =>
      item.kind === 'gap' ? `gap ${item.frames}` : `${item.start}-${item.end}`,
    ),
  ).toEqual([...['5-15', '0-40', '15-25', '35-55', '65-95', 'gap 5', '0-40', 'gap 7', '0-40']]);
  expect(faultsOf(document)).toEqual([]);
});
