/** Playing a stretch again and again. */

import { getLoopRange } from '../store/loop.ts';
import { getView, seek, setView } from '../store/view.ts';
import type { Command } from './command.ts';

export const loopCommands: readonly Command[] = [
  {
    id: 'play.loop',
    name: 'Loop In to Out or the chosen shots',
    group: 'Playback',
    keys: ['$mod+l'],
    run: () => setView({ loop: !getView().loop }),
  },
  {
    id: 'play.range',
    name: 'Play In to Out or the chosen shots',
    group: 'Playback',
    keys: ['$mod+Shift+Space'],
    run() {
      setView({ shuttle: 0 });
      seek(getLoopRange().from);
      setView({ shuttle: 1 });
    },
  },
];
