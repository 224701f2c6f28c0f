/** What is in hand. */

import { refuse } from '../../common/project/edits.ts';
import { isShot, itemAt } from '../../common/project/positions.ts';
import { getPlaced, takesOfShot } from '../store/current.ts';
import { getDocument } from '../store/project.ts';
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
    id: 'select.withoutTake',
    name: 'Choose all shots without a take',
    group: 'Edit',
    keys: ['$mod+Shift+a'],
    run: () => {
      const document = getDocument();
      const bare = getPlaced().filter(
        (one) => isShot(one) && takesOfShot(document, one.item.id).length === 0,
      );
      if (bare.length === 0) refuse('choosing shots without a take', 'every shot has one');
      select(bare.map(({ item }) => item.id));
    },
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
