/** What is in hand. */

import { itemAt } from '../../common/project/positions.ts';
import { getPlaced } from '../store/current.ts';
import { getView, select } from '../store/view.ts';
import type { Command } from './command.ts';

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
    name: 'Choose nothing',
    group: 'Edit',
    keys: ['Escape'],
    run: () => select([]),
  },
];
