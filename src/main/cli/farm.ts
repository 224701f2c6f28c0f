/** `retake farm`: shots on more than one machine, from a terminal. A command is one file in this folder. */
import type { Command } from 'commander';
import { addWorkCommand } from './farm/work.ts';

interface Terminal {
  print(text: string): void;
}

export function addFarmCommands(retake: Command, { print }: Terminal): void {
  const farm = retake.command('farm').description('Render shots on more than one machine.');
  addWorkCommand(farm, { print });
}
