/** `retake farm collect`: brings home what is whole by now. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stopSignal } from '../stop-signal.ts';
import type { FarmTerminal } from './terminal.ts';
import { collectedText } from './text.ts';

const EXIT_FAILED = 1;

export function addCollectCommand(farm: Command, { withEngine, print }: FarmTerminal): void {
  farm
    .command('collect')
    .argument('<folder>', 'of the job')
    .description(
      'Bring home what is whole by now: takes to their project, inversions to the cache. As often as you like: nothing comes twice.',
    )
    .option('--takes <folder>', 'where takes go, instead of where the job says')
    .option('--json', 'print JSON')
    .action(async (folder: string, { takes, json }: { takes?: string; json?: boolean }) => {
      const asked = { folder: resolve(folder), ...(takes !== undefined && { takesFolder: resolve(takes) }) };
      const signal = stopSignal();
      const said = await withEngine((engine) => engine.call('farm.collect', asked, { signal }));
      print(json ? JSON.stringify(said, null, 2) : collectedText(said));
      // What was not what its machine wrote is not home.
      if (said.refused.length > 0) process.exitCode = EXIT_FAILED;
    });
}
