/**
 * Twice the shots, twice the work: every edit is counted by what it reads of the document, not timed. An edit that looks
 * through the timeline once per shot reads four times as much and fails.
 */
import { describe, expect, it } from 'vitest';
import type { ProjectDocument, Shot } from '../../src/common/project/document.ts';
import {
  addClip,
  mergeWithNext,
  moveItem,
  removeItems,
  removeRange,
  split,
  trim,
} from '../../src/common/project/edits.ts';
import { recutClip } from '../../src/common/project/edits-recut.ts';
import { copySettings, setSettings } from '../../src/common/project/edits-settings.ts';
import { addTake, removeTake } from '../../src/common/project/edits-takes.ts';
import { faultsOf } from '../../src/common/project/invariants.ts';
import { place, timelineLength } from '../../src/common/project/positions.ts';
import { segmentsFor } from '../../src/renderer/viewer/segments.ts';
import { shotWith } from '../helpers/job-settings.ts';
import { clipRef, counter, projectOf, takeOf } from '../helpers/projects.ts';

const SHOTS = 200;
const FRAMES = 10;
const cutsOf = (shots: number) => Array.from({ length: shots - 1 }, (_, at) => (at + 1) * FRAMES);
const shotsOf = (document: ProjectDocument) => document.timeline as Shot[];
const idsOf = (document: ProjectDocument) => shotsOf(document).map(({ id }) => id);

/** A document whose every read is counted, deep. */
function counted(document: ProjectDocument): { document: ProjectDocument; reads: () => number } {
  let reads = 0;
  const known = new WeakMap<object, object>();
  const wrap = <Value>(value: Value): Value => {
    if (typeof value !== 'object' || value === null) return value;
    let proxy = known.get(value);
    if (!proxy) {
      proxy = new Proxy(value, {
        get(target, key, receiver) {
          reads++;
          return wrap(Reflect.get(target, key, receiver));
        },
      });
      known.set(value, proxy);
    }
    return proxy as Value;
  };
  return { document: wrap(document), reads: () => reads };
}

type Work = (document: ProjectDocument, shots: number) => void;
const newId = counter('new');

const EDITS: Readonly<Record<string, Work>> = {
  'find shots again, others': (document, shots) =>
    recutClip(
      document,
      'clip',
      cutsOf(shots).map((cut) => cut + 3),
      newId,
    ),
  'find shots again, the same': (document, shots) => recutClip(document, 'clip', cutsOf(shots), newId),
  'find one shot': (document) => recutClip(document, 'clip', [], newId),
  'add a clip': (document, shots) =>
    addClip(document, clipRef('more', shots * FRAMES), cutsOf(shots), newId, 1),
  split: (document) => void split(document, 55, newId),
  'merge two': (document) => mergeWithNext(document, shotsOf(document)[3]!.id),
  'merge all': (document, shots) => mergeWithNext(document, shotsOf(document)[0]!.id, shots - 1),
  trim: (document) => trim(document, shotsOf(document)[7]!.id, 'end', 75),
  move: (document, shots) => moveItem(document, shotsOf(document)[0]!.id, shots - 1),
  'remove all': (document) => removeItems(document, idsOf(document), null),
  'lift every second': (document) =>
    removeItems(
      document,
      idsOf(document).filter((_, at) => at % 2 === 1),
      newId,
    ),
  'remove a range': (document) => removeRange(document, { from: 15, to: 995 }, newId, true),
  'set settings of all': (document) =>
    setSettings(document, idsOf(document), { prompts: { target: 'snow' } }),
  'copy settings to all': (document) => copySettings(document, shotsOf(document)[0]!.id, idsOf(document)),
  'remove a take': (document) => removeTake(document, 'take 3'),
  place: (document) => void place(document),
  'find faults': (document) => void faultsOf(document),
  'what the newest takes show': (document) => void segmentsFor(document, place(document), 'newest'),
};

/** `rendered` gives each shot a take. */
function readsOf(work: Work, shots: number, rendered: boolean): number {
  const document = projectOf(shots * FRAMES, cutsOf(shots), counter());
  for (const [at, shot] of shotsOf(document).entries()) {
    shot.settings = shotWith({ prompt: 'sand' });
    if (rendered || at === 3) addTake(document, takeOf(`take ${at}`, shot), true);
  }
  const watched = counted(document);
  work(watched.document, shots);
  return watched.reads();
}

describe.each([false, true])('with takes of every shot: %s', (rendered) => {
  it.each(Object.entries(EDITS))('%s reads twice as much of twice as many shots', (_, work) => {
    const [one, two] = [readsOf(work, SHOTS, rendered), readsOf(work, 2 * SHOTS, rendered)];
    expect(one).toBeGreaterThan(0);
    expect(two / one).toBeLessThan(2.2);
  });
});

it('counts what grows with the square', () => {
  const square: Work = (document) => {
    for (const id of idsOf(document)) document.timeline.find((item) => item.id === id);
  };
  expect(readsOf(square, 2 * SHOTS, false) / readsOf(square, SHOTS, false)).toBeGreaterThan(3);
  expect(timelineLength(projectOf(20, [10]))).toBe(20);
});
