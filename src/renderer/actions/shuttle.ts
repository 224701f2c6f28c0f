/** J, K, L and Space set the speed; the viewer moves the playhead. */
import { getView, setView } from '../store/view.ts';
import type { Command } from './command.ts';

const FASTEST = 8;

/** Pressing again doubles the speed; the other direction starts at normal speed. */
export function nextShuttle(now: number, direction: 1 | -1): number {
  return now * direction > 0 ? Math.max(-FASTEST, Math.min(FASTEST, now * 2)) : direction;
}

const push = (direction: 1 | -1) => setView({ shuttle: nextShuttle(getView().shuttle, direction) });

export const shuttleCommands: readonly Command[] = [
  {
    id: 'play.toggle',
    name: 'Play or stop',
    group: 'Playback',
    keys: ['Space'],
    run: () => setView({ shuttle: getView().shuttle === 0 ? 1 : 0 }),
  },
  {
    id: 'play.back',
    name: 'Play backwards, again for faster',
    group: 'Playback',
    keys: ['KeyJ'],
    run: () => push(-1),
  },
  { id: 'play.stop', name: 'Stop', group: 'Playback', keys: ['KeyK'], run: () => setView({ shuttle: 0 }) },
  {
    id: 'play.forward',
    name: 'Play, again for faster',
    group: 'Playback',
    keys: ['KeyL'],
    run: () => push(1),
  },
];
