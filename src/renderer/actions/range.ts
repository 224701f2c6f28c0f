/** In and Out: a range of the timeline to play or remove. */
import { removeRange } from '../../common/project/edits.ts';
import { newId } from '../store/project.ts';
import { getView, setView } from '../store/view.ts';
import type { Command, Intent } from './command.ts';

function setIn(): void {
  const { playhead, outFrame } = getView();
  setView({ inFrame: playhead, outFrame: outFrame !== null && outFrame > playhead ? outFrame : null });
}

/** Out stands after the frame under the playhead, which belongs to the range. */
function setOut(): void {
  const { playhead, inFrame } = getView();
  setView({ outFrame: playhead + 1, inFrame: inFrame !== null && inFrame <= playhead ? inFrame : null });
}

function remove(leaveGap: boolean): Intent {
  const { inFrame, outFrame } = getView();
  const range = { from: inFrame ?? 0, to: outFrame ?? (inFrame === null ? 0 : Number.MAX_SAFE_INTEGER) };
  return {
    name: leaveGap ? 'Lift range' : 'Remove range',
    edit: (draft) => removeRange(draft, range, newId, leaveGap),
    after: () => setView({ inFrame: null, outFrame: null, selection: [], anchor: null }),
  };
}

export const rangeCommands: readonly Command[] = [
  { id: 'range.in', name: 'Set In', group: 'Move', keys: ['KeyI'], run: setIn },
  { id: 'range.out', name: 'Set Out', group: 'Move', keys: ['KeyO'], run: setOut },
  {
    id: 'range.clear',
    name: 'Clear In and Out',
    group: 'Move',
    keys: ['Alt+KeyX'],
    run: () => setView({ inFrame: null, outFrame: null }),
  },
  {
    id: 'range.remove',
    name: 'Remove In to Out, close up',
    group: 'Edit',
    keys: ['Shift+x', 'Shift+Delete'],
    run: () => remove(false),
  },
  {
    id: 'range.lift',
    name: 'Lift In to Out, leave a gap',
    group: 'Edit',
    keys: ['Shift+z'],
    run: () => remove(true),
  },
];
