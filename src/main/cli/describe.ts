/** `retake describe`: what a frame of a clip shows, in the words of a captioner. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Engine } from './engine.ts';
import { EXIT_CANCELLED } from './follow.ts';
import { createProgressView } from './progress.ts';

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
    .option(
      '--frame <n>',
      'the frame, counted from 0',
      (text) => {
        const value = Number(text);
        if (Number.isInteger(value) && value >= 0) return value;
        throw new InvalidArgumentError('It must be a whole number from 0.');
      },
      0,
    )
    .option('--captioner <dir>', 'what says it; by default the one that the library has')
    .option('--json', 'print JSON')
    .action(async (clip: string, { frame, captioner, json }: Flags) => {
      const path = resolve(clip);
      const estimator = captioner === undefined ? null : resolve(captioner);
      const found = await withEngine(async (engine) => {
        const view = createProgressView(process.stderr);
        const abort = new AbortController();
        const stop = () => {
          if (abort.signal.aborted) process.exit(EXIT_CANCELLED);
          abort.abort();
        };
        engine.onEvent((event) => {
          if (event.kind === 'describing') view.share('describing', event.fraction);
          else if (event.kind === 'warning') view.note(`retake: ${event.message}`);
        });
        process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
        try {
          // Whoever types a path wants it looked at, wherever it is.
          for (const one of [path, estimator])
            if (one !== null) await engine.call('project.reach', { path: one });
          return await engine.call('clip.describe', { path, frame, estimator }, { signal: abort.signal });
        } finally {
          view.end();
        }
      });
      print(json ? JSON.stringify(found, null, 2) : found.text);
    });
}
