/** Takes beside each other, a frame of each. */
import type { Take } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { shotOf } from '../../common/project/positions.ts';
import { familyOf } from '../../common/project/variations.ts';
import { call, shell } from '../engine.ts';
import { getCurrentShot, takesOfShot } from '../store/current.ts';
import { tell } from '../store/notices.ts';
import { getDocument } from '../store/project.ts';
import { setTakesView } from '../store/takes.ts';
import { setView } from '../store/view.ts';
import { count } from '../words.ts';
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

/** Writes what is seen as a PNG. @throws AppError where a take can no longer be read */
export async function saveContactSheet(
  takes: readonly Take[],
  wordsOf: (take: Take) => readonly string[],
): Promise<void> {
  const shot = takes[0] && shotOf(getDocument(), takes[0].shotId);
  const title = shot ? `${shot.name}, ${count(takes.length, 'take')}` : count(takes.length, 'take');
  const name = `${shot?.name ?? 'takes'} contact sheet`;
  const out = await shell().saveFileDialog({ title: 'Contact sheet', name, ending: 'png' });
  if (!out) return;
  const { path, notes } = await call('takes.contact', {
    ...{ out, title },
    takes: takes.map((take) => ({
      take: take.path,
      frame: middleOf(take),
      name: take.rating > 0 ? `${take.name} · ${take.rating} of 5` : take.name,
      words: wordsOf(take).join(' · '),
    })),
  });
  tell([`Written: ${path}`, ...notes].join('. '));
}

/** The frame that stands for a take, counted in its file. */
export function middleOf({ start, end }: Pick<Take, 'start' | 'end'>): number {
  return Math.floor((end - start) / 2);
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
