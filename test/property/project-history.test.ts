import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
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
import { recutClip } from '../../src/common/project/edits-recut.ts';
import { copySettings, setSettings } from '../../src/common/project/edits-settings.ts';
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

interface Dice {
  below(limit: number): number;
  pick<Value>(values: readonly Value[]): Value | undefined;
}

function dice(seed: number): Dice {
  const generator = xoroshiro128plus(seed);
  const below = (limit: number) => uniformInt(generator, 0, Math.max(0, limit - 1));
  return { below, pick: (values) => values[below(values.length)] };
}

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

/** A random edit that an artist could ask for in this document; some of them must be refused. */
function randomEdit(document: ProjectDocument, roll: Dice): Edit {
  const shot = roll.pick(document.timeline.filter((item): item is Shot => item.kind === 'shot'));
  const item = roll.pick<TimelineItem>(document.timeline);
  const length = timelineLength(document);
  const frame = roll.below(length + 2);
  const take = roll.pick(Object.values(document.takes));
  const id = shot?.id ?? 'none';
  const clipFrame = roll.below(320) - 10;
  const edits: Edit[] = [
    (draft) => void split(draft, frame, newId),
    (draft) => void split(draft, frame, newId),
    (draft) => mergeWithNext(draft, id),
    (draft) => trim(draft, id, clipFrame % 2 === 0 ? 'start' : 'end', clipFrame),
    (draft) => removeItems(draft, [id, item?.id ?? 'none'], null),
    (draft) => removeItems(draft, [id], newId),
    (draft) => removeRange(draft, { from: frame, to: frame + roll.below(40) }, newId, frame % 2 === 0),
    (draft) => moveItem(draft, item?.id ?? 'none', roll.below(document.timeline.length + 2)),
    (draft) => resizeGap(draft, item?.id ?? 'none', roll.below(60)),
    (draft) => addAnchor(draft, id, clipFrame),
    (draft) => addAnchor(draft, id, (shot?.start ?? 0) + roll.below(30)),
    (draft) => moveAnchor(draft, id, roll.pick(shot?.anchors ?? []) ?? 0, clipFrame),
    (draft) => removeAnchor(draft, id, roll.pick(shot?.anchors ?? []) ?? 0),
    (draft) => setLeadAnchor(draft, id, roll.pick(shot?.anchors ?? []) ?? 0),
    (draft) =>
      addClip(
        draft,
        clipRef(newId(), 1 + roll.below(300), roll.pick(RATES)),
        [clipFrame, frame],
        newId,
        roll.below(4),
      ),
    (draft) => recutClip(draft, 'clip', [clipFrame, clipFrame + 40, clipFrame + 90], newId),
    (draft) => showTake(draft, take?.shotId ?? 'none', take?.id ?? null),
    (draft) => removeTake(draft, take?.id ?? 'none'),
    (draft) => setSettings(draft, [id], { prompt: `prompt ${frame}` }),
    (draft) =>
      copySettings(
        draft,
        id,
        document.timeline.filter((one) => one.kind === 'shot').map((one) => one.id),
      ),
  ];
  return edits[roll.below(edits.length)]!;
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

describe.each(Array.from({ length: 40 }, (_, seed) => seed + 1))('random edits, seed %i', (seed) => {
  it('stay sound, undo to the start and redo to the end', () => {
    const roll = dice(seed);
    const start = projectOf(300, [50, 120, 200]);
    let history = startHistory(start);
    let refused = 0;
    let made = 0;
    for (let turn = 0; turn < 120; turn++) {
      const before = history;
      if (roll.below(8) === 0) {
        history = roll.below(2) === 0 ? undo(history) : redo(history);
      } else {
        const next = tryMake(history, { name: `edit ${turn}`, edit: randomEdit(history.document, roll) });
        if (next) made++;
        else refused++;
        history = next ?? history;
        if (!next) expect(history).toBe(before);
      }
      expectSound(history.document);
    }
    // Both roads were really walked.
    expect(made).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(0);
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

  it('takes that arrive meanwhile stay through undo and redo, in a sound document', () => {
    const roll = dice(seed * 7919);
    let history = startHistory(projectOf(300, [50, 120, 200]));
    const arrived: string[] = [];
    for (let turn = 0; turn < 80; turn++) {
      const kind = roll.below(6);
      if (kind === 0) {
        // Its shot may be gone by the time it is finished.
        const shot = roll.pick(
          history.document.timeline.filter((item): item is Shot => item.kind === 'shot'),
        );
        if (shot) {
          const id = `take${turn}`;
          const take = takeOf(id, shot);
          history = makeBeside(history, 'Take', (draft) => addTake(draft, take, true));
          arrived.push(id);
        }
      } else if (kind === 1) history = undo(history);
      else if (kind === 2) history = redo(history);
      else history = tryMake(history, { name: 'edit', edit: randomEdit(history.document, roll) }) ?? history;
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
