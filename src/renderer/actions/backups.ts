/** Open a copy that was made by the clock. */
import type { Backup } from '../../common/contract/projects.ts';
import { call, shell } from '../engine.ts';
import { flush } from '../store/autosave.ts';
import { setView } from '../store/view.ts';
import type { Command } from './command.ts';
import { show } from './project.ts';

/** Asks where the copy goes; its name says from when it is, so that it takes nobody's place unasked. */
export async function openBackup({ id, name, saved }: Backup): Promise<void> {
  const path = await shell().saveProjectDialog(`${name} ${stamp(saved)}`);
  if (!path) return;
  await flush();
  const opened = await call('backups.open', { backup: id, path });
  setView({ dialog: null });
  await show(opened);
}

/** "2026-03-01 14.05", in the artist's own time, as every file system takes it. */
function stamp(time: number): string {
  const at = new Date(time);
  const two = (value: number) => `${value}`.padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}.${two(at.getMinutes())}`;
}

export const backupCommands: readonly Command[] = [
  {
    id: 'file.backups',
    name: 'Open a backup…',
    group: 'Project',
    keys: [],
    run: () => setView({ dialog: 'backups' }),
  },
];
