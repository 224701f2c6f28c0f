/** `retake upscale`: a frame as a larger picture, by an upscaler. */
import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Engine } from './engine.ts';
import { EXIT_CANCELLED } from './follow.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
  print(text: string): void;
}

export function addUpscaleCommand(retake: Command, { withEngine, print }: Terminal): void {
  retake
    .command('upscale')
    .argument('<clip>', 'a clip or a take')
    .argument('<folder>', 'where the picture is put (PNG)')
    .description('Write a frame as a larger picture, by an upscaler.')
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
    .option('--upscaler <dir>', 'what makes it larger; by default the one that the library has')
    .action(async (clip: string, out: string, flags: { frame: number; upscaler?: string }) => {
      const [path, folder, { frame }] = [resolve(clip), resolve(out), flags];
      const upscaler = flags.upscaler === undefined ? null : resolve(flags.upscaler);
      const name = `${basename(path).replace(/\.[^.]*$/, '')} frame ${frame}`;
      const saved = await withEngine(async (engine) => {
        const abort = new AbortController();
        const stop = () => {
          if (abort.signal.aborted) process.exit(EXIT_CANCELLED);
          abort.abort();
        };
        process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
        // Whoever types a path wants it looked at, wherever it is.
        for (const one of [path, upscaler])
          if (one !== null) await engine.call('project.reach', { path: one });
        const request = { path, frame, folder, name, larger: { upscaler } };
        return engine.call('clip.saveFrame', request, { signal: abort.signal });
      });
      print(saved.path);
    });
}
