/** Move the shot in hand past its neighbour. */
import { moveItem, refuse } from '../../common/project/edits.ts';
import { getCurrentShot, getPlaced } from '../store/current.ts';
import { seek, select } from '../store/view.ts';
import type { Command, Intent } from './command.ts';

function by(places: number): Intent {
  const { item, index } = getCurrentShot() ?? refuse('moving', 'no shot is chosen');
  return {
    name: `Move ${item.name}`,
    edit: (draft) => moveItem(draft, item.id, index + places),
    // It stays in hand, and so in sight.
    after() {
      const moved = getPlaced().find((one) => one.item.id === item.id);
      if (moved) seek(moved.from);
      select([item.id]);
    },
  };
}

export const moveCommands: readonly Command[] = [
  {
    id: 'edit.moveEarlier',
    name: 'Move shot before the previous',
    group: 'Edit',
    keys: ['Alt+Shift+ArrowLeft'],
    run: () => by(-1),
  },
  {
    id: 'edit.moveLater',
    name: 'Move shot after the next',
    group: 'Edit',
    keys: ['Alt+Shift+ArrowRight'],
    run: () => by(1),
  },
];
