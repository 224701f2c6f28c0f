import { describe, expect, it } from 'vitest';
import type { Rational } from '../../src/common/media.ts';
import type { ProjectDocument, Shot } from '../../src/common/project/document.ts';
import { addClip } from '../../src/common/project/edits.ts';
import { insertClip, setClipRate } from '../../src/common/project/edits-clips.ts';
import { addMarker } from '../../src/common/project/edits-markers.ts';
import { addTake } from '../../src/common/project/edits-takes.ts';
import { make, redo, startHistory, undo } from '../../src/common/project/history.ts';
import { faultsOf } from '../../src/common/project/invariants.ts';
import { place, timelineLength, timelineRate } from '../../src/common/project/positions.ts';
import { clipRef, counter, projectOf, takeOf } from '../helpers/projects.ts';

const rate = (num: number, den = 1): Rational => ({ num, den });
const RUN = '/clips/run.####.png';

/** Two shots of a run of 48 pictures at 24. */
function pictures(): ProjectDocument {
  const document = projectOf(48, [24]);
  document.clips.clip!.path = RUN;
  addTake(document, takeOf('take', document.timeline[1] as Shot), true);
  return document;
}

function rated(document: ProjectDocument, clipId: string, to: Rational): ProjectDocument {
  const { document: after } = make(startHistory(document), {
    name: 'Frame rate',
    edit: (draft) => setClipRate(draft, clipId, to),
  });
  expect(faultsOf(after)).toEqual([]);
  return after;
}

describe('the frame rate of a picture sequence', () => {
  it('is that of the timeline where it came first; shots and takes keep their frames', () => {
    const before = pictures();
    const after = rated(before, 'clip', rate(30));
    expect(timelineRate(after)).toEqual(rate(30));
    expect(timelineLength(after)).toBe(48);
    expect(after.timeline).toEqual(before.timeline);
    expect(after.takes).toEqual(before.takes);
  });

  it('moves what follows where the timeline has another, and markers go with their picture', () => {
    const document = projectOf(24, []);
    addClip(document, { ...clipRef('run', 48), path: RUN }, [], counter('run'));
    insertClip(document, 'clip', document.timeline.length, counter('again'));
    // On the first picture of the last shot, and in the middle of the run.
    addMarker(document, { id: 'after', frame: 72, name: '', note: '', colour: 'red' });
    addMarker(document, { id: 'inside', frame: 48, name: '', note: '', colour: 'red' });
    const after = rated(document, 'run', rate(48));
    expect(timelineRate(after)).toEqual(rate(24));
    expect(place(after).map(({ from, to }) => [from, to])).toEqual([
      [0, 24],
      [24, 48],
      [48, 72],
    ]);
    expect(after.markers.map(({ id, frame }) => [id, frame])).toEqual([
      ['inside', 36],
      ['after', 48],
    ]);
  });

  it('is one step of undo, none where nothing changes, and no movie has one to set', () => {
    const document = pictures();
    const changed = make(startHistory(document), {
      name: 'Frame rate',
      edit: (draft) => setClipRate(draft, 'clip', rate(25)),
    });
    const back = undo(changed);
    expect(timelineRate(back.document)).toEqual(rate(24));
    expect(timelineRate(redo(back).document)).toEqual(rate(25));
    const same = make(startHistory(document), {
      name: 'Frame rate',
      edit: (draft) => setClipRate(draft, 'clip', rate(48, 2)),
    });
    expect(same.done).toEqual([]);
    expect(() => rated(projectOf(48, []), 'clip', rate(25))).toThrow(
      /a movie and has a frame rate of its own/,
    );
    expect(() => rated(document, 'gone', rate(25))).toThrow(/not in the project/);
  });
});
