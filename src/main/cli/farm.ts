/** `retake farm`: shots on more than one machine, from a terminal. A command is one file in this folder. */
import type { Command } from 'commander';
import { addCollectCommand } from './farm/collect.ts';
import { addPackCommand } from './farm/pack.ts';
import { addRunTaskCommand } from './farm/run-task.ts';
import { addSettingsCommands } from './farm/settings.ts';
import { addStatusCommands } from './farm/status.ts';
import { addAgainCommand, addSubmitCommand } from './farm/submit.ts';
import type { FarmTerminal } from './farm/terminal.ts';
import { addWorkCommand } from './farm/work.ts';

export function addFarmCommands(retake: Command, terminal: FarmTerminal): void {
  const farm = retake.command('farm').description('Render shots on more than one machine.');
  addPackCommand(farm, terminal);
  addSubmitCommand(farm, terminal);
  addStatusCommands(farm, terminal);
  addCollectCommand(farm, terminal);
  addAgainCommand(farm, terminal);
  addSettingsCommands(farm, terminal);
  addRunTaskCommand(farm, terminal);
  addWorkCommand(farm, terminal);
}
