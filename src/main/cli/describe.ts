/** `retake describe`: what a frame of a clip shows, in the words of a captioner. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Engine } from './engine.ts';
import { frameOption } from './frame-option.ts';
import { createProgressView } from './progress.ts';
import { stopSignal } from './stop-signal.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

interface Flags {
  readonly frame: number;
  readonly captioner?: string;
  readonly json?: boolean;
}

export function addDescribeCommand(retake: Command, { withEngine, print }: Terminal): void {
  retake
    .command('describe')
    .argument('<clip>', 'the clip')
    .description('Say what a frame of a clip shows, as a source prompt to start from.')
    .addOption(frameOption())
    .option('--captioner <dir>', 'what says it; by default the one that the library has')
    .option('--json', 'print JSON')
    .action(async (clip: string, { frame, captioner, json }: Flags) => {
      const path = resolve(clip);
      const estimator = captioner === undefined ? null : resolve(captioner);
      const found = await withEngine(async (engine) => {
        const view = createProgressView(process.stderr);
        const signal = stopSignal();
        engine.onEvent((event) => {
          if (event.kind === 'describing') view.share('describing', event.fraction);
          else if (event.kind === 'warning') view.note(`retake: ${event.message}`);
        });
        try {
          // Whoever types a path wants it looked at, wherever it is.
          for (const one of [path, estimator])
            if (one !== null) await engine.call('project.reach', { path: one });
          return await engine.call('clip.describe', { path, frame, estimator }, { signal });
        } finally {
          view.end();
        }
      });
      print(json ? JSON.stringify(found, null, 2) : found.text);
    });
}
