/** Slip the shot in hand, roll a cut, and the tools that do it by dragging. */
import { refuse } from '../../common/project/edits.ts';
import { roll, slip } from '../../common/project/edits-slip.ts';
import { getCurrentShot, getPlaced } from '../store/current.ts';
import { type EditTool, getView, setView } from '../store/view.ts';
import type { Command, Intent } from './command.ts';

function slipBy(frames: number): Intent {
  const { item } = getCurrentShot() ?? refuse('slipping', 'no shot is chosen');
  return { name: `Slip ${item.name}`, edit: (draft) => slip(draft, item.id, frames) };
}

/** The cut nearest to the playhead. */
function rollBy(frames: number): Intent {
  const { playhead } = getView();
  const cuts = getPlaced().slice(0, -1);
  const [nearest] = [...cuts].sort((a, b) => Math.abs(a.to - playhead) - Math.abs(b.to - playhead));
  const { item } = nearest ?? refuse('rolling', 'there is no cut between two shots');
  return { name: 'Roll cut', edit: (draft) => roll(draft, item.id, frames) };
}

/** Taking a tool that is in hand puts it back. */
const take = (tool: EditTool) => setView({ tool: getView().tool === tool ? 'select' : tool });

export const slipCommands: readonly Command[] = [
  {
    id: 'tool.select',
    name: 'Tool: select and trim',
    group: 'Edit',
    keys: [],
    run: () => setView({ tool: 'select' }),
  },
  { id: 'tool.slip', name: 'Tool: slip shots', group: 'Edit', keys: ['y'], run: () => take('slip') },
  { id: 'tool.roll', name: 'Tool: roll cuts', group: 'Edit', keys: ['u'], run: () => take('roll') },
  {
    id: 'slip.earlier',
    name: 'Slip one frame earlier',
    group: 'Edit',
    keys: ['$mod+Alt+ArrowLeft'],
    repeats: true,
    run: () => slipBy(-1),
  },
  {
    id: 'slip.later',
    name: 'Slip one frame later',
    group: 'Edit',
    keys: ['$mod+Alt+ArrowRight'],
    repeats: true,
    run: () => slipBy(1),
  },
  {
    id: 'roll.earlier',
    name: 'Roll the nearest cut one frame earlier',
    group: 'Edit',
    keys: ['Alt+BracketLeft'],
    repeats: true,
    run: () => rollBy(-1),
  },
  {
    id: 'roll.later',
    name: 'Roll the nearest cut one frame later',
    group: 'Edit',
    keys: ['Alt+BracketRight'],
    repeats: true,
    run: () => rollBy(1),
  },
];
