/** `retake farm pack`: shots in a folder that any machine can work on, handed to nobody yet. */
import type { Command } from 'commander';
import prettyBytes from 'pretty-bytes';
import { stopSignal } from '../stop-signal.ts';
import { addPackOptions, type PackFlags, packRequest } from './project-shots.ts';
import type { FarmTerminal } from './terminal.ts';

export function addPackCommand(farm: Command, { withEngine, print }: FarmTerminal): void {
  addPackOptions(farm.command('pack'))
    .description(
      'Pack shots of a project into a folder, a job bundle of Open Job Description, for a scheduler or for "retake farm work".',
    )
    .option('--json', 'print JSON')
    .action(async (project: string, flags: PackFlags & { readonly json?: boolean }) => {
      const signal = stopSignal();
      const packed = await withEngine(async (engine) =>
        engine.call('farm.pack', await packRequest(engine, project, flags), { signal }),
      );
      const { folder, shots, units, artefacts, bytes } = packed;
      const told = `${shots} shots, ${units} frames to invert, ${artefacts} things from the cache, ${prettyBytes(bytes)}`;
      print(flags.json ? JSON.stringify(packed, null, 2) : `${folder}: ${told}`);
    });
}
