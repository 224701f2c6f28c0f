/** What an edit of a long timeline costs, history and checks included, and how that grows with the shots. */
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { addClip, mergeWithNext, removeRange, split } from '../../src/common/project/edits.ts';
import { recutClip } from '../../src/common/project/edits-recut.ts';
import { setSettings } from '../../src/common/project/edits-settings.ts';
import { type Edit, make, startHistory } from '../../src/common/project/history.ts';
import { clipRef, counter, projectOf } from '../../test/helpers/projects.ts';

const SHOTS = 1000;
const FRAMES_PER_SHOT = 48;
const WARM_UP = 5;
const RUNS = 21;
const newId = counter('bench');
const cutsOf = (shots: number, by = 0) =>
  Array.from({ length: shots - 1 }, (_, at) => (at + 1) * FRAMES_PER_SHOT + by);
const idsOf = ({ timeline }: ProjectDocument) => timeline.map(({ id }) => id);

const EDITS: Readonly<Record<string, (shots: number) => Edit>> = {
  'find shots again': (shots) => (draft) => recutClip(draft, 'clip', cutsOf(shots, 3), newId),
  'add a clip of as many': (shots) => (draft) =>
    addClip(draft, clipRef('more', shots * FRAMES_PER_SHOT), cutsOf(shots), newId),
  'set a setting of all': () => (draft) => setSettings(draft, idsOf(draft), { prompts: { target: 'snow' } }),
  'merge all': (shots) => (draft) => mergeWithNext(draft, draft.timeline[0]!.id, shots - 1),
  split: () => (draft) => void split(draft, 1000, newId),
  'remove a third': (shots) => (draft) => removeRange(draft, { from: 100, to: shots * 16 }, newId, false),
};

/** Milliseconds for so many shots and for twice as many: medians of runs in turn, after some that warm up. */
function costs(edit: (shots: number) => Edit): [number, number] {
  const sizes = [SHOTS, 2 * SHOTS];
  const histories = sizes.map((shots) => startHistory(projectOf(shots * FRAMES_PER_SHOT, cutsOf(shots))));
  const times: [number[], number[]] = [[], []];
  for (let run = -WARM_UP; run < RUNS; run++) {
    for (const [at, shots] of sizes.entries()) {
      const start = performance.now();
      make(histories[at]!, { name: 'edit', edit: edit(shots) });
      if (run >= 0) times[at]!.push(performance.now() - start);
    }
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return [median(times[0]), median(times[1])];
}

export async function editGrowth(): Promise<[measure: string, value: string, target: string][]> {
  return Object.entries(EDITS).map(([name, edit]) => {
    const [one, two] = costs(edit);
    return [
      `${name}, ${SHOTS.toLocaleString('en')} shots; ratio to twice as many`,
      `${one.toFixed(1)} ms; × ${(two / one).toFixed(2)}`,
      '≤ 100 ms; × 2.2',
    ];
  });
}
