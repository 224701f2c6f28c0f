/** What an edit of a long timeline costs, history and checks included, and how that grows with the shots. */
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { addClip, mergeWithNext, removeRange, split } from '../../src/common/project/edits.ts';
import { recutClip } from '../../src/common/project/edits-recut.ts';
import { setSettings } from '../../src/common/project/edits-settings.ts';
import { type Edit, make, startHistory } from '../../src/common/project/history.ts';
import { clipRef, counter, projectOf } from '../../test/helpers/projects.ts';

const SHOTS = 1000;
const FRAMES_PER_SHOT = 48;
const RUNS = 15;
const newId = counter('bench');
const cutsOf = (shots: number, by = 0) =>
  Array.from({ length: shots - 1 }, (_, at) => (at + 1) * FRAMES_PER_SHOT + by);
const idsOf = ({ timeline }: ProjectDocument) => timeline.map(({ id }) => id);

const EDITS: Readonly<Record<string, (shots: number) => Edit>> = {
  'find shots again': (shots) => (draft) => recutClip(draft, 'clip', cutsOf(shots, 3), newId),
  'add a clip of as many': (shots) => (draft) =>
    addClip(draft, clipRef('more', shots * FRAMES_PER_SHOT), cutsOf(shots), newId),
  'set a setting of all': () => (draft) => setSettings(draft, idsOf(draft), { prompt: 'snow' }),
  'merge all': (shots) => (draft) => mergeWithNext(draft, draft.timeline[0]!.id, shots - 1),
  split: () => (draft) => void split(draft, 1000, newId),
  'remove a third': (shots) => (draft) => removeRange(draft, { from: 100, to: shots * 16 }, newId, false),
};

/** Milliseconds, the fastest of some runs: what the machine did beside them is not the edit's. */
function cost(edit: (shots: number) => Edit, shots: number): number {
  const history = startHistory(projectOf(shots * FRAMES_PER_SHOT, cutsOf(shots)));
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    make(history, { name: 'edit', edit: edit(shots) });
    return performance.now() - start;
  });
  return Math.min(...times);
}

export async function editGrowth(): Promise<[measure: string, value: string, target: string][]> {
  return Object.entries(EDITS).map(([name, edit]) => {
    const [one, two] = [cost(edit, SHOTS), cost(edit, 2 * SHOTS)];
    return [
      `${name}, ${SHOTS.toLocaleString('en')} shots; ratio to twice as many`,
      `${one.toFixed(1)} ms; × ${(two / one).toFixed(2)}`,
      '≤ 100 ms; × 2.2',
    ];
  });
}
