import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import type { ProjectDocument, Shot } from '../../src/common/project/document.ts';
import { projectDocument } from '../../src/common/project/document.ts';
import {
  addClip,
  mergeWithNext,
  moveItem,
  removeItems,
  removeRange,
  split,
  trim,
} from '../../src/common/project/edits.ts';
import {
  addAnchor,
  moveAnchor,
  removeAnchor,
  setLeadAnchor,
} from '../../src/common/project/edits-anchors.ts';
import { recutClip } from '../../src/common/project/edits-recut.ts';
import {
  copySettings,
  renameShot,
  setMethod,
  setParameter,
  setSettings,
} from '../../src/common/project/edits-settings.ts';
import {
  addTake,
  mergeTakes,
  noteTake,
  removeTake,
  showTake,
  takesOf,
} from '../../src/common/project/edits-takes.ts';
import { readDocument, writeDocument } from '../../src/common/project/format.ts';
import { faultsOf } from '../../src/common/project/invariants.ts';
import { SETTINGS } from '../../src/common/settings/settings.ts';
import { clipRef, counter, projectOf, takeOf } from '../helpers/projects.ts';

const newId = counter('new');
const shots = (document: ProjectDocument) => document.timeline.filter((item) => item.kind === 'shot');
const ranges = (document: ProjectDocument) =>
  document.timeline.map((item) => (item.kind === 'gap' ? `gap ${item.frames}` : `${item.start}-${item.end}`));
const shotAt = (document: ProjectDocument, index: number) => document.timeline[index] as Shot;

describe('clips become shots', () => {
  it('cuts at every frame inside the clip, once', () => {
    const document = projectOf(100, [60, 0, 30, 30, 100, 250]);
    expect(ranges(document)).toEqual(['0-30', '30-60', '60-100']);
    expect(shots(document).map(({ name }) => name)).toEqual(['Shot 1', 'Shot 2', 'Shot 3']);
    expect(projectDocument.parse(document)).toEqual(document);
  });

  it('numbers on with the next clip and puts it where it is wanted', () => {
    const document = projectOf(100, [50]);
    addClip(document, clipRef('second', 20), [], newId, 1);
    expect(shots(document).map(({ name }) => name)).toEqual(['Shot 1', 'Shot 3', 'Shot 2']);
  });

  it('gives every shot settings of its own', () => {
    const document = projectOf(100, [50]);
    setSettings(document, [shotAt(document, 0).id], {
      prompts: { target: 'snow' },
      method: { params: { w: 1 } },
    });
    expect(shotAt(document, 1).settings).toMatchObject({ prompts: { target: '' }, method: { params: {} } });
  });

  it('gives several shots one parameter or method and leaves the rest of each alone', () => {
    const document = projectOf(100, [25, 50, 75]);
    const ids = [0, 1, 2, 3].map((at) => shotAt(document, at).id);
    setSettings(document, [ids[0]!], { method: { params: { weight: 1, share: 2 } } });
    setSettings(document, [ids[1]!], { method: { params: { weight: 5, other: 6 } } });
    setSettings(document, [ids[3]!], { method: { id: 'mix', params: { strength: 7 } } });
    setParameter(document, ids, { method: 'pix2video', key: 'weight', value: 9 });
    const params = () => ids.map((_, at) => shotAt(document, at).settings.method.params);
    expect(params()).toEqual([
      { weight: 9, share: 2 },
      { weight: 9, other: 6 },
      { weight: 9 },
      { strength: 7 },
    ]);
    setParameter(document, ids, { method: 'pix2video', key: 'weight', value: undefined });
    expect(params()).toEqual([{ share: 2 }, { other: 6 }, {}, { strength: 7 }]);
    setMethod(document, ids, 'mix');
    expect(params()).toEqual([{}, {}, {}, { strength: 7 }]);
  });

  it('finds shots again without touching what was rendered', () => {
    const document = projectOf(100, [20, 40, 60]);
    const rendered = shotAt(document, 1);
    addTake(document, takeOf('t', rendered), true);
    addAnchor(document, shotAt(document, 3).id, 80);
    recutClip(document, 'clip', [10, 30, 70], newId);
    expect(ranges(document)).toEqual(['0-10', '10-20', '20-40', '40-70', '70-100']);
    expect(shotAt(document, 4).anchors).toEqual([80]);
    expect(shotAt(document, 3).anchors).toEqual([40]);
    expect(faultsOf(document)).toEqual([]);
  });
});

describe('split and merge', () => {
  it('splits anchors, keeps the lead where it is and gives the other half its first frame', () => {
    const document = projectOf(100, []);
    const id = shotAt(document, 0).id;
    addAnchor(document, id, 70);
    setLeadAnchor(document, id, 70);
    const right = split(document, 40, newId);
    expect(shotAt(document, 0)).toMatchObject({ anchors: [0], leadAnchor: 0, end: 40, name: 'Shot 1' });
    expect(shotAt(document, 1)).toMatchObject({ id: right, anchors: [70], leadAnchor: 70, name: 'Shot 1b' });
    split(document, 60, newId);
    expect(shotAt(document, 1)).toMatchObject({ anchors: [40], leadAnchor: 40 });
    expect(shotAt(document, 2).name).toBe('Shot 1c');
  });

  it('both halves show their part of a take, and merging them makes one again', () => {
    const document = projectOf(100, []);
    const shot = shotAt(document, 0);
    addTake(document, takeOf('a', shot), true);
    addTake(document, takeOf('b', shot), false);
    const right = split(document, 50, newId);
    expect(
      takesOf(document, right)
        .map((take) => take.path)
        .sort(),
    ).toEqual(['/takes/a.mov', '/takes/b.mov']);
    expect(document.takes[shotAt(document, 1).takeId!]?.path).toBe('/takes/a.mov');
    mergeWithNext(document, shot.id);
    expect(Object.keys(document.takes).sort()).toEqual(['a', 'b']);
    expect(shotAt(document, 0)).toMatchObject({ start: 0, end: 100, takeId: 'a' });
  });

  it('merging takes over takes rendered for the second half only', () => {
    const document = projectOf(100, [50]);
    addTake(document, takeOf('r', shotAt(document, 1)), true);
    mergeWithNext(document, shotAt(document, 0).id);
    expect(document.takes.r?.shotId).toBe(shotAt(document, 0).id);
    expect(shotAt(document, 0).takeId).toBe('r');
    expect(faultsOf(document)).toEqual([]);
  });

  it.each([
    ['a cut that is there', () => split(projectOf(100, [50]), 50, newId)],
    ['past the end', () => split(projectOf(100, []), 100, newId)],
    [
      'shots that do not go on',
      () => {
        const document = projectOf(100, [30, 60]);
        trim(document, shotAt(document, 1).id, 'start', 35);
        mergeWithNext(document, shotAt(document, 0).id);
      },
    ],
    [
      'the last shot with nothing',
      () => {
        const document = projectOf(100, [30]);
        mergeWithNext(document, shotAt(document, 1).id);
      },
    ],
  ])('refuses %s', (_what, act) => {
    expect(act).toThrow(AppError);
  });
});

describe('trim', () => {
  it('stops at the clip and at one frame', () => {
    const document = projectOf(100, [30, 60]);
    const { id } = shotAt(document, 1);
    trim(document, id, 'start', -50);
    trim(document, id, 'end', 1000);
    expect(ranges(document)[1]).toBe('0-100');
    trim(document, id, 'start', 1000);
    expect(ranges(document)[1]).toBe('99-100');
    trim(document, id, 'end', 0);
    expect(ranges(document)[1]).toBe('99-100');
  });

  it('drops anchors left outside and keeps one', () => {
    const document = projectOf(100, []);
    const { id } = shotAt(document, 0);
    addAnchor(document, id, 50);
    trim(document, id, 'start', 20);
    expect(shotAt(document, 0)).toMatchObject({ anchors: [50], leadAnchor: 50 });
    trim(document, id, 'end', 40);
    expect(shotAt(document, 0)).toMatchObject({ anchors: [39], leadAnchor: 39 });
  });
});

describe('remove and move', () => {
  it('ripple closes up, lift leaves one joined gap, none at the end', () => {
    const document = projectOf(100, [20, 40, 60]);
    const ids = document.timeline.map(({ id }) => id);
    removeItems(document, [ids[1]!], newId);
    removeItems(document, [ids[2]!], newId);
    expect(ranges(document)).toEqual(['0-20', 'gap 40', '60-100']);
    removeItems(document, [ids[3]!], newId);
    expect(ranges(document)).toEqual(['0-20']);
    removeItems(document, [ids[0]!], null);
    expect(ranges(document)).toEqual([]);
  });

  it('removes a range across shots and gaps', () => {
    const document = projectOf(100, [20, 40, 60]);
    removeItems(document, [document.timeline[1]!.id], newId);
    removeRange(document, { from: 10, to: 50 }, newId, false);
    expect(ranges(document)).toEqual(['0-10', '50-60', '60-100']);
    removeRange(document, { from: 5, to: 15 }, newId, true);
    expect(ranges(document)).toEqual(['0-5', 'gap 10', '55-60', '60-100']);
    expect(() => removeRange(document, { from: 9, to: 9 }, newId, false)).toThrow('empty');
  });

  it('moves an item and keeps within the list', () => {
    const document = projectOf(90, [30, 60]);
    const [a, b, c] = document.timeline.map(({ id }) => id);
    moveItem(document, a!, 1);
    expect(document.timeline.map(({ id }) => id)).toEqual([b, a, c]);
    moveItem(document, a!, 99);
    expect(document.timeline.map(({ id }) => id)).toEqual([b, c, a]);
  });
});

describe('anchors, takes, settings', () => {
  it('an anchor moved onto another becomes one, and the lead follows', () => {
    const document = projectOf(100, []);
    const { id } = shotAt(document, 0);
    addAnchor(document, id, 10);
    addAnchor(document, id, 20);
    moveAnchor(document, id, 0, 10);
    expect(shotAt(document, 0)).toMatchObject({ anchors: [10, 20], leadAnchor: 10 });
    moveAnchor(document, id, 20, 500);
    expect(shotAt(document, 0).anchors).toEqual([10, 99]);
    removeAnchor(document, id, 10);
    expect(shotAt(document, 0)).toMatchObject({ anchors: [99], leadAnchor: 99 });
    expect(() => removeAnchor(document, id, 99)).toThrow('at least one');
    expect(() => addAnchor(document, id, 100)).toThrow('not in Shot 1');
    expect(() => addAnchor(document, id, 99)).toThrow('already');
  });

  it('a removed take is shown nowhere; another shot cannot show it', () => {
    const document = projectOf(100, [50]);
    const [a, b] = shots(document) as [Shot, Shot];
    addTake(document, takeOf('t', a), true);
    expect(() => showTake(document, b.id, 't')).toThrow('another shot');
    removeTake(document, 't');
    expect(a.takeId).toBeNull();
    expect(() => removeTake(document, 't')).toThrow(AppError);
  });

  it('a note is kept without spaces around it; takes that come in have none', () => {
    const document = projectOf(100, []);
    const { name: _, rating: __, note: ___, ...filed } = takeOf('t', shotAt(document, 0));
    mergeTakes(document, [filed]);
    expect(document.takes.t).toMatchObject({ note: '', rating: 0 });
    noteTake(document, 't', '  the hands are good \n');
    expect(document.takes.t!.note).toBe('the hands are good');
    expect(readDocument(writeDocument(document)).takes).toEqual(document.takes);
    expect(() => noteTake(document, 'gone', 'x')).toThrow('no longer in the project');
  });

  it('a take of a shot that is gone is kept for its return', () => {
    const document = projectOf(100, [50]);
    const gone = shotAt(document, 0);
    removeItems(document, [gone.id], null);
    addTake(document, takeOf('t', gone), true);
    expect(faultsOf(document)).toEqual([]);
    expect(document.takes.t).toBeDefined();
  });

  it('copies the look alone, or all, and never shares an object', () => {
    const document = projectOf(100, [50]);
    const [a, b] = shots(document) as [Shot, Shot];
    setSettings(document, [a.id], {
      prompts: { target: 'snow' },
      sampling: { steps: 20, seed: 3 },
      method: { params: { w: 2 } },
    });
    copySettings(document, a.id, [a.id, b.id], SETTINGS.fieldsOf('look'));
    const look = { sampling: { steps: 20, seed: 0 }, method: { params: { w: 2 } } };
    expect(b.settings).toMatchObject({ ...look, prompts: { target: '' } });
    expect(b.settings.method.params).not.toBe(a.settings.method.params);
    copySettings(document, a.id, [b.id]);
    expect(b.settings).toEqual(a.settings);
    expect(() => renameShot(document, a.id, '  ')).toThrow('empty');
  });
});
