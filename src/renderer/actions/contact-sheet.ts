/** Takes beside each other, a frame of each. */
import type { Take } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { familyOf } from '../../common/project/variations.ts';
import { getCurrentShot, takesOfShot } from '../store/current.ts';
import { getDocument } from '../store/project.ts';
import { setTakesView } from '../store/takes.ts';
import { setView } from '../store/view.ts';
import type { Command } from './command.ts';

export function showContactSheet(takes: readonly Pick<Take, 'id'>[]): void {
  setTakesView({ sheet: takes.map(({ id }) => id) });
  setView({ dialog: 'contact' });
}

/** The takes of a shot that differ from the newest in seed, prompt and guidance alone; all of them where none does. */
function showVariations(): void {
  const doing = 'showing a contact sheet';
  const { item } = getCurrentShot() ?? refuse(doing, 'no shot is chosen');
  const takes = takesOfShot(getDocument(), item.id);
  const newest = takes[0] ?? refuse(doing, `${item.name} has no takes yet`);
  const family = familyOf(newest.settings);
  const alike = takes.filter(({ settings }) => familyOf(settings) === family);
  showContactSheet(alike.length > 1 ? alike.toReversed() : takes);
}

export const contactSheetCommands: readonly Command[] = [
  {
    id: 'takes.contactSheet',
    name: 'Contact sheet of the newest variations',
    group: 'Takes',
    keys: ['Shift+k'],
    run: showVariations,
  },
];
