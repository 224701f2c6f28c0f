/** `retake farm submit, again`: hands shots to a scheduler. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { stopSignal } from '../stop-signal.ts';
import { addPackOptions, type PackFlags, packRequest } from './project-shots.ts';
import type { FarmTerminal } from './terminal.ts';
import { statusText } from './text.ts';

interface HandFlags {
  readonly set: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

export function addSubmitCommand(farm: Command, { withEngine, print }: FarmTerminal): void {
  addPackOptions(farm.command('submit'))
    .description('Pack shots of a project and hand them to a scheduler, whose machines render them.')
    .requiredOption('--to <scheduler>', 'as "retake farm drivers" lists them')
    .option('--set <name=value...>', 'a setting of the scheduler, instead of its default', settingOf, {})
    .option('--json', 'print JSON')
    .action(async (project: string, flags: PackFlags & HandFlags & { readonly to: string }) => {
      const signal = stopSignal();
      const status = await withEngine(async (engine) => {
        const request = await packRequest(engine, project, flags);
        return engine.call(
          'farm.submit',
          { ...request, driver: flags.to, settings: { ...flags.set } },
          { signal },
        );
      });
      print(flags.json ? JSON.stringify(status, null, 2) : statusText(status));
    });
}

export function addAgainCommand(farm: Command, { withEngine, print }: FarmTerminal): void {
  farm
    .command('again')
    .argument('<folder>', 'of a job that was packed or submitted')
    .description('Hand in what is not whole yet: failed shots, or all of a job that was only packed.')
    .option('--to <scheduler>', 'another one than had it')
    .option('--set <name=value...>', 'a setting of the scheduler, instead of what it was', settingOf, {})
    .option('--json', 'print JSON')
    .action(async (folder: string, { to, set, json }: HandFlags & { readonly to?: string }) => {
      const asked = {
        folder: resolve(folder),
        settings: { ...set },
        ...(to !== undefined && { driver: to }),
      };
      const signal = stopSignal();
      const status = await withEngine((engine) => engine.call('farm.again', asked, { signal }));
      print(json ? JSON.stringify(status, null, 2) : statusText(status));
    });
}

function settingOf(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const found = /^([\w.-]+)=(.*)$/s.exec(text);
  if (!found) throw new InvalidArgumentError('The name and the value: partition=gpu');
  return { ...before, [found[1]!]: found[2]! };
}
