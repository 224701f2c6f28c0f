/** What is in hand. */

import { itemAt } from '../../common/project/positions.ts';
import { getPlaced } from '../store/current.ts';
import { getView, select, setView } from '../store/view.ts';
import type { Command } from './command.ts';
import { showFull } from './full-screen.ts';

/** One thing at a time, what lies over the others first. */
function leave(): void {
  const { full, tool } = getView();
  if (full) showFull(false);
  else if (tool !== 'select') setView({ tool: 'select' });
  else select([]);
}

export const selectionCommands: readonly Command[] = [
  {
    id: 'select.all',
    name: 'Choose all',
    group: 'Edit',
    keys: ['$mod+a'],
    run: () => select(getPlaced().map(({ item }) => item.id)),
  },
  {
    id: 'select.underPlayhead',
    name: 'Choose the shot under the playhead',
    group: 'Edit',
    keys: ['d'],
    run: () => {
      const under = itemAt(getPlaced(), getView().playhead);
      select(under ? [under.item.id] : []);
    },
  },
  {
    id: 'select.none',
    name: 'Leave the whole screen or a tool; choose nothing',
    group: 'Edit',
    keys: ['Escape'],
    run: leave,
  },
];
