import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import {
  type ProjectDocument,
  projectDocument,
  type Shot,
  type TimelineItem,
} from '../../src/common/project/document.ts';
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
import {
  addAnchor,
  moveAnchor,
  removeAnchor,
  setLeadAnchor,
} from '../../src/common/project/edits-anchors.ts';
import { duplicateShots, insertClipAt, removeClip } from '../../src/common/project/edits-clips.ts';
import {
  addMarker,
  changeMarker,
  clearMarkers,
  moveMarker,
  removeMarker,
} from '../../src/common/project/edits-markers.ts';
import { recutClip } from '../../src/common/project/edits-recut.ts';
import { copySettings, setSettings } from '../../src/common/project/edits-settings.ts';
import { roll, slip } from '../../src/common/project/edits-slip.ts';
import { addTake, removeTake, showTake } from '../../src/common/project/edits-takes.ts';
import {
  type Change,
  cancelGesture,
  type Edit,
  endGesture,
  type History,
  make,
  makeBeside,
  redo,
  redoName,
  startHistory,
  undo,
  undoName,
} from '../../src/common/project/history.ts';
import { faultsOf } from '../../src/common/project/invariants.ts';
import {
  clipFrameOf,
  isShot,
  type Placed,
  place,
  timelineFrameOf,
  timelineLength,
} from '../../src/common/project/positions.ts';
import { rational, toNumber } from '../../src/common/time/rational.ts';
import { clipRef, counter, projectOf, takeOf } from '../helpers/projects.ts';

const newId = counter('p');

/** Of clips beside the first one's 24. */
const RATES = [
  rational(24),
  rational(25),
  rational(24000, 1001),
  rational(30000, 1001),
  rational(60),
  rational(240),
  rational(25, 2),
  rational(1),
  rational(179, 6),
];

/** What an edit is drawn from. What it names is counted round among what the document holds by then. */
const ask = fc.record({
  shot: fc.nat(99),
  item: fc.nat(99),
  take: fc.nat(99),
  anchor: fc.nat(9),
  frame: fc.nat(999),
  clipFrame: fc.integer({ min: -10, max: 309 }),
  length: fc.nat(299),
  place: fc.nat(9),
  rate: fc.constantFrom(...RATES),
});
type Drawn<From> = From extends fc.Arbitrary<infer Value> ? Value : never;
type Ask = Drawn<typeof ask>;

/** What an edit is about, found in the document. */
interface Target {
  readonly id: string;
  readonly start: number;
  readonly item: string;
  readonly anchor: number;
  readonly frame: number;
  readonly marker: string;
  readonly take: { readonly id: string; readonly shotId: string };
}

function targetOf(document: ProjectDocument, asked: Ask): Target {
  const round = <Value>(values: readonly Value[], index: number) =>
    values[index % Math.max(1, values.length)];
  const shot = round(document.timeline.filter(isShotItem), asked.shot);
  return {
    id: shot?.id ?? 'none',
    start: shot?.start ?? 0,
    item: round<TimelineItem>(document.timeline, asked.item)?.id ?? 'none',
    anchor: round(shot?.anchors ?? [], asked.anchor) ?? 0,
    frame: asked.frame % (timelineLength(document) + 2),
    marker: round(document.markers, asked.item)?.id ?? 'none',
    take: round(Object.values(document.takes), asked.take) ?? { id: 'none', shotId: 'none' },
  };
}

const isShotItem = (item: TimelineItem): item is Shot => item.kind === 'shot';

/** Edits that an artist could ask for in any document; some of them must be refused. */
const EDITS = {
  split: (draft, { frame }) => void split(draft, frame, newId),
  merge: (draft, { id }) => mergeWithNext(draft, id),
  trim: (draft, { id }, { clipFrame }) => trim(draft, id, clipFrame % 2 === 0 ? 'start' : 'end', clipFrame),
  removeTwo: (draft, { id, item }) => removeItems(draft, [id, item], null),
  lift: (draft, { id }) => removeItems(draft, [id], newId),
  removeRange: (draft, { frame }, { length }) =>
    removeRange(draft, { from: frame, to: frame + (length % 40) }, newId, frame % 2 === 0),
  move: (draft, { item }, { place }) => moveItem(draft, item, place % (draft.timeline.length + 2)),
  resizeGap: (draft, { item }, { length }) => resizeGap(draft, item, length % 60),
  addAnchor: (draft, { id }, { clipFrame }) => addAnchor(draft, id, clipFrame),
  addAnchorWithin: (draft, { id, start }, { length }) => addAnchor(draft, id, start + (length % 30)),
  moveAnchor: (draft, { id, anchor }, { clipFrame }) => moveAnchor(draft, id, anchor, clipFrame),
  removeAnchor: (draft, { id, anchor }) => removeAnchor(draft, id, anchor),
  setLead: (draft, { id, anchor }) => setLeadAnchor(draft, id, anchor),
  addClip: (draft, { frame }, { clipFrame, length, rate, place }) =>
    addClip(draft, clipRef(newId(), 1 + length, rate), [clipFrame, frame], newId, place % 4),
  recut: (draft, _, { clipFrame }) =>
    recutClip(draft, 'clip', [clipFrame, clipFrame + 40, clipFrame + 90], newId),
  slip: (draft, { id }, { clipFrame }) => slip(draft, id, clipFrame - 100),
  roll: (draft, { item }, { clipFrame }) => roll(draft, item, clipFrame - 100),
  duplicate: (draft, { id, item }) => {
    if (draft.timeline.length < 60) duplicateShots(draft, [id, item], newId);
  },
  insertClip: (draft, { frame }) => void insertClipAt(draft, 'clip', frame, newId),
  removeClip: (draft, { item }) =>
    removeClip(draft, Object.keys(draft.clips).at(item.length % Object.keys(draft.clips).length)!),
  addMarker: (draft, { frame }) =>
    addMarker(draft, { id: newId(), frame, name: '', note: '', colour: 'blue' }),
  moveMarker: (draft, { marker, frame }) => moveMarker(draft, marker, frame),
  changeMarker: (draft, { marker, frame }) => changeMarker(draft, marker, { name: `mark ${frame}` }),
  removeMarker: (draft, { marker }) => removeMarker(draft, marker),
  clearMarkers: (draft, { frame }) => {
    if (frame % 7 === 0) clearMarkers(draft);
  },
  showTake: (draft, { take }) => showTake(draft, take.shotId, take.id === 'none' ? null : take.id),
  removeTake: (draft, { take }) => removeTake(draft, take.id),
  setPrompt: (draft, { id, frame }) => setSettings(draft, [id], { prompts: { target: `prompt ${frame}` } }),
  copySettings: (draft, { id }) =>
    copySettings(
      draft,
      id,
      draft.timeline.filter(isShotItem).map((one) => one.id),
    ),
} satisfies Record<string, (draft: ProjectDocument, target: Target, asked: Ask) => void>;

const edits = Object.keys(EDITS) as (keyof typeof EDITS)[];
const edit = fc.record({
  kind: fc.constant('edit' as const),
  what: fc.constantFrom(...edits, 'split' as const),
  asked: ask,
});
const step = fc.record({ kind: fc.constantFrom('undo' as const, 'redo' as const) });
const take = fc.record({ kind: fc.constant('take' as const), shot: fc.nat(99) });

/** What is done one after the other; a shorter list fails by fewer of them. */
const turnsOf = <Turn>(turn: fc.Arbitrary<Turn>, maxLength: number) =>
  fc.array(turn, { maxLength, size: 'max' });

function editOf(document: ProjectDocument, { what, asked }: Drawn<typeof edit>): Edit {
  const target = targetOf(document, asked);
  return (draft) => EDITS[what](draft, target, asked);
}

/** Makes it, or answers null for a refusal, which must leave everything as it was. */
function tryMake(history: History, change: Change): History | null {
  try {
    return make(history, change);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** Timeline and clip agree at every frame of a shot, and the shot takes its clip's own time. */
function conformFaults(one: Placed<Shot>): string[] {
  const { item, from, to, conform } = one;
  const step = toNumber(conform.step);
  // So short that it only shows for the one frame that every shot has.
  if (to - from === 1) return [];
  const faults: string[] = [];
  if (Math.abs(to - from - (item.end - item.start) / step) >= 1 + 1e-9) faults.push('its length');
  if (step === 1 && to - from !== item.end - item.start) faults.push('its length in frames');
  let last = item.start;
  for (let frame = from; frame < to; frame++) {
    const clipFrame = clipFrameOf(one, frame);
    if (clipFrame < last || clipFrame >= item.end) faults.push(`frame ${frame} shows ${clipFrame}`);
    last = clipFrame;
    if (step > 1 && timelineFrameOf(one, clipFrame) !== frame) faults.push(`${clipFrame} is not at ${frame}`);
  }
  // A slower clip leaves no frame out; a faster one passes some over.
  for (let clipFrame = item.start; step <= 1 && clipFrame < item.end; clipFrame++) {
    if (clipFrameOf(one, timelineFrameOf(one, clipFrame)) !== clipFrame) faults.push(`${clipFrame} is lost`);
  }
  return faults;
}

function expectSound(document: ProjectDocument): void {
  expect(faultsOf(document)).toEqual([]);
  const placed = place(document);
  placed.forEach((one, index) => {
    expect(one.from).toBe(placed[index - 1]?.to ?? 0);
    expect(one.to).toBeGreaterThan(one.from);
  });
  expect(placed.filter(isShot).flatMap(conformFaults)).toEqual([]);
  expect(placed.at(-1)?.to ?? 0).toBe(timelineLength(document));
}

describe('random edits', () => {
  it('stay sound, undo to the start and redo to the end', () => {
    let [made, refused] = [0, 0];
    const turns = turnsOf(fc.oneof({ weight: 7, arbitrary: edit }, { weight: 1, arbitrary: step }), 120);
    const property = fc.property(turns, (turns) => {
      const start = projectOf(300, [50, 120, 200]);
      let history = startHistory(start);
      for (const turn of turns) {
        const before = history;
        if (turn.kind === 'edit') {
          const next = tryMake(history, { name: 'edit', edit: editOf(history.document, turn) });
          if (next) made++;
          else refused++;
          history = next ?? history;
          if (!next) expect(history).toBe(before);
        } else history = turn.kind === 'undo' ? undo(history) : redo(history);
        expectSound(history.document);
      }
      expect(projectDocument.parse(history.document)).toEqual(history.document);

      const end = history.document;
      let steps = 0;
      while (undoName(history) !== null) {
        history = undo(history);
        steps++;
        expectSound(history.document);
      }
      expect(history.document).toEqual(startHistory(start).document);
      for (; steps > 0; steps--) history = redo(history);
      expect(history.document).toEqual(end);
    });
    fc.assert(property, { seed: 1, numRuns: 80 });
    // Both roads were really walked.
    expect(made).toBeGreaterThan(1600);
    expect(refused).toBeGreaterThan(400);
  });

  it('takes that arrive meanwhile stay through undo and redo, in a sound document', () => {
    let arrivals = 0;
    const turn = fc.oneof(
      { weight: 3, arbitrary: edit },
      { weight: 2, arbitrary: step },
      { weight: 1, arbitrary: take },
    );
    const property = fc.property(turnsOf(turn, 80), (turns) => {
      let history = startHistory(projectOf(300, [50, 120, 200]));
      const arrived: string[] = [];
      for (const turn of turns) {
        if (turn.kind === 'take') {
          // Its shot may be gone by the time it is finished.
          const shots = history.document.timeline.filter(isShotItem);
          const shot = shots[turn.shot % Math.max(1, shots.length)];
          if (shot) {
            const id = `take${arrived.length}`;
            const taken = takeOf(id, shot);
            history = makeBeside(history, 'Take', (draft) => addTake(draft, taken, true));
            arrived.push(id);
          }
        } else if (turn.kind === 'edit') {
          history = tryMake(history, { name: 'edit', edit: editOf(history.document, turn) }) ?? history;
        } else history = turn.kind === 'undo' ? undo(history) : redo(history);
        expectSound(history.document);
      }
      while (undoName(history) !== null) {
        history = undo(history);
        expectSound(history.document);
      }
      expect(Object.keys(history.document.takes)).toEqual(expect.arrayContaining(arrived));
      while (redoName(history) !== null) {
        history = redo(history);
        expectSound(history.document);
      }
      arrivals += arrived.length;
    });
    fc.assert(property, { seed: 2, numRuns: 80 });
    expect(arrivals).toBeGreaterThan(300);
  });
});

describe('gestures', () => {
  const start = projectOf(100, [50]);
  const id = start.timeline[0]!.id;
  const trimTo = (frame: number, gesture = 'drag'): Change => ({
    name: 'Trim',
    gesture,
    edit: (draft) => trim(draft, id, 'end', frame),
  });

  it('a drag is one step and each move starts from where it began', () => {
    let history = startHistory(start);
    history = make(history, { name: 'Anchor', edit: (draft) => addAnchor(draft, id, 40) });
    for (const frame of [45, 20, 30, 48]) history = make(history, trimTo(frame));
    // The anchor that a shorter trim passed over is back.
    expect(history.document.timeline[0]).toMatchObject({ end: 48, anchors: [0, 40] });
    history = undo(endGesture(history));
    expect(history.document.timeline[0]).toMatchObject({ end: 50 });
    expect(undoName(history)).toBe('Anchor');
    expect(redoName(history)).toBe('Trim');
  });

  it('one that comes back to its start leaves nothing, one that is cancelled neither', () => {
    let history = startHistory(start);
    history = make(make(history, trimTo(30)), trimTo(50));
    expect(undoName(endGesture(history))).toBeNull();
    history = make(startHistory(start), trimTo(30));
    expect(cancelGesture(history).document).toEqual(start);
    expect(undoName(cancelGesture(history))).toBeNull();
  });

  it('a second gesture is a second step', () => {
    let history = startHistory(start);
    history = make(make(history, trimTo(30, 'one')), trimTo(20, 'two'));
    history = undo(history);
    expect(history.document.timeline[0]).toMatchObject({ end: 30 });
  });

  it('a take that arrives during a drag survives its moves and its end', () => {
    let history = make(startHistory(start), trimTo(30));
    const take = takeOf('t', start.timeline[0] as Shot);
    history = makeBeside(history, 'Take', (draft) => addTake(draft, take, true));
    history = make(history, trimTo(20));
    expect(history.document.takes.t).toBeDefined();
    expect(history.document.timeline[0]).toMatchObject({ end: 20, takeId: 't' });
    expect(undo(history).document.takes.t).toBeDefined();
  });

  it('an unsound edit is refused whole', () => {
    const history = startHistory(start);
    const broken: Change = {
      name: 'Broken',
      edit: (draft) => {
        (draft.timeline[0] as Shot).end = 500;
      },
    };
    expect(() => make(history, broken)).toThrow('after "Broken": Shot 1 ends after its clip');
    expect(Object.isFrozen(history.document)).toBe(true);
  });
});
