/** Merge the chosen shots, or the shot in hand with the next one. */
import { mergeWithNext, refuse } from '../../common/project/edits.ts';
import { getChosenShots } from '../store/current.ts';
import type { Command } from './command.ts';

export const mergeCommand: Command = {
  id: 'edit.merge',
  name: 'Merge with the next shot',
  group: 'Edit',
  keys: ['$mod+j', 'Shift+s'],
  run() {
    const shots = getChosenShots();
    const first = shots[0] ?? refuse('merging', 'no shot is chosen');
    return {
      name: 'Merge',
      edit: (draft) => mergeWithNext(draft, first.item.id, Math.max(1, shots.length - 1)),
    };
  },
};
