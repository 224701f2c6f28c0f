/** The viewer on the whole screen, with its transport. */
import { shell } from '../engine.ts';
import { getView, setView } from '../store/view.ts';
import type { Command } from './command.ts';

export function showFull(full: boolean): void {
  setView({ full });
  shell().setFullScreen(full);
}

export const fullScreenCommands: readonly Command[] = [
  {
    id: 'view.full',
    name: 'Viewer on the whole screen',
    group: 'View',
    keys: ['F11', '$mod+f'],
    run: () => showFull(!getView().full),
  },
];
