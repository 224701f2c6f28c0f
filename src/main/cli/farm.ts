/** `retake farm`: shots on more than one machine, from a terminal. A command is one file in this folder. */
import type { Command } from 'commander';
import type { Engine } from './engine.ts';
import { addRunTaskCommand } from './farm/run-task.ts';
import { addWorkCommand } from './farm/work.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

export function addFarmCommands(retake: Command, { withEngine, print }: Terminal): void {
  const farm = retake.command('farm').description('Render shots on more than one machine.');
  addRunTaskCommand(farm, { withEngine });
  addWorkCommand(farm, { print });
}
