/** Copies of the chosen shots, after them: another look of the same pictures. */
import { refuse } from '../../common/project/edits.ts';
import { duplicateShots } from '../../common/project/edits-clips.ts';
import { getChosenShots } from '../store/current.ts';
import { newId } from '../store/project.ts';
import { select } from '../store/view.ts';
import type { Command } from './command.ts';

export const duplicateCommand: Command = {
  id: 'edit.duplicate',
  name: 'Duplicate with settings and takes',
  group: 'Edit',
  keys: ['$mod+d'],
  run() {
    const shots = getChosenShots();
    const [first] = shots;
    if (!first) return refuse('duplicating', 'no shot is chosen');
    let copies: string[] = [];
    return {
      name: shots.length === 1 ? `Duplicate ${first.item.name}` : `Duplicate ${shots.length} shots`,
      edit(draft) {
        copies = duplicateShots(
          draft,
          shots.map(({ item }) => item.id),
          newId,
        );
      },
      after: () => select(copies),
    };
  },
};
