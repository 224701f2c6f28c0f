/** `retake farm drivers, set`: which schedulers there are, and how they are asked from here. */
import type { Command } from 'commander';
import type { FarmTerminal } from './terminal.ts';
import { driversText } from './text.ts';

export function addSettingsCommands(farm: Command, { withEngine, print }: FarmTerminal): void {
  farm
    .command('drivers')
    .description('List the schedulers that shots can be handed to, and their settings.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const drivers = await withEngine((engine) => engine.call('farm.drivers', null));
      print(json ? JSON.stringify(drivers, null, 2) : driversText(drivers));
    });

  farm
    .command('set')
    .argument('<scheduler>', 'as "retake farm drivers" lists them')
    .argument('<setting>')
    .argument('[value]', "the scheduler's own again where it is left out")
    .description('Keep a setting of a scheduler, as every job is handed in from now on.')
    .action(async (driver: string, setting: string, value: string | undefined) => {
      const asked = { driver, setting, value: value ?? null };
      const drivers = await withEngine((engine) => engine.call('farm.keep', asked));
      print(driversText(drivers.filter(({ id }) => id === driver)));
    });
}
