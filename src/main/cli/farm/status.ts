/** `retake farm status, list, cancel, forget`: where a job stands, and taking it back. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { FarmTerminal } from './terminal.ts';
import { listText, statusText } from './text.ts';

export function addStatusCommands(farm: Command, { withEngine, print }: FarmTerminal): void {
  farm
    .command('list')
    .alias('ls')
    .description('List the jobs that were sent from here, the newest first.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const statuses = await withEngine((engine) => engine.call('farm.list', null));
      print(json ? JSON.stringify(statuses, null, 2) : listText(statuses));
    });

  for (const [name, description] of [
    ['status', 'Say where a job stands, shot by shot, whoever sent it.'],
    ['cancel', 'Take a job back from its scheduler. What is whole stays, and can be collected.'],
  ] as const) {
    farm
      .command(name)
      .argument('<folder>', 'of the job')
      .description(description)
      .option('--json', 'print JSON')
      .action(async (folder: string, { json }: { json?: boolean }) => {
        const status = await withEngine((engine) => engine.call(`farm.${name}`, { folder: resolve(folder) }));
        print(json ? JSON.stringify(status, null, 2) : statusText(status));
      });
  }

  farm
    .command('forget')
    .argument('<folder>', 'of the job')
    .description('No longer list a job; its folder stays.')
    .action(async (folder: string) => {
      await withEngine((engine) => engine.call('farm.forget', { folder: resolve(folder) }));
    });
}
