/** Which take of the shot in hand the timeline shows. */
import { refuse } from '../../common/project/edits.ts';
import { showTake, takesOf } from '../../common/project/edits-takes.ts';
import { getCurrentShot } from '../store/current.ts';
import { getDocument } from '../store/project.ts';
import type { Command, Intent } from './command.ts';

/** Clip, newest take, …, oldest take, and around again. */
function cycle(places: 1 | -1): Intent {
  const doing = 'choosing a take';
  const { item } = getCurrentShot() ?? refuse(doing, 'no shot is chosen');
  const takes = takesOf(getDocument(), item.id);
  if (takes.length === 0) refuse(doing, `${item.name} has no takes yet`);
  const order = [null, ...takes.map(({ id }) => id)];
  const next = order[(order.indexOf(item.takeId) + places + order.length) % order.length]!;
  return { name: `Show take of ${item.name}`, edit: (draft) => showTake(draft, item.id, next ?? null) };
}

export const takeCommands: readonly Command[] = [
  { id: 'take.next', name: 'Show the next take', group: 'Takes', keys: ['t'], run: () => cycle(1) },
  {
    id: 'take.previous',
    name: 'Show the previous take',
    group: 'Takes',
    keys: ['Shift+t'],
    run: () => cycle(-1),
  },
];
