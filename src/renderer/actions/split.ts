/** Split the shot under the playhead. */
import { split } from '../../common/project/edits.ts';
import { newId } from '../store/project.ts';
import { getView } from '../store/view.ts';
import type { Command } from './command.ts';

export const splitCommand: Command = {
  id: 'edit.split',
  name: 'Split at the playhead',
  group: 'Edit',
  keys: ['s', '$mod+b'],
  run() {
    const frame = getView().playhead;
    return { name: 'Split', edit: (draft) => void split(draft, frame, newId) };
  },
};
