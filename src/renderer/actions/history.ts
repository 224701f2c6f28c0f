/** Undo and redo. */
import { redo, undo } from '../store/project.ts';
import type { Command } from './command.ts';

export const historyCommands: readonly Command[] = [
  { id: 'edit.undo', name: 'Undo', group: 'Edit', keys: ['$mod+z'], repeats: true, run: undo },
  {
    id: 'edit.redo',
    name: 'Redo',
    group: 'Edit',
    keys: ['$mod+y', '$mod+Shift+z'],
    repeats: true,
    run: redo,
  },
];
