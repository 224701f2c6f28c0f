/** `retake upscale`: a frame as a larger picture, by an upscaler. */
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Engine } from './engine.ts';
import { frameOption } from './frame-option.ts';
import { stopSignal } from './stop-signal.ts';

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
    .addOption(frameOption())
    .option('--upscaler <dir>', 'what makes it larger; by default the one that the library has')
    .action(async (clip: string, out: string, flags: { frame: number; upscaler?: string }) => {
      const [path, folder, { frame }] = [resolve(clip), resolve(out), flags];
      const upscaler = flags.upscaler === undefined ? null : resolve(flags.upscaler);
      const name = `${basename(path).replace(/\.[^.]*$/, '')} frame ${frame}`;
      const saved = await withEngine(async (engine) => {
        const signal = stopSignal();
        // Whoever types a path wants it looked at, wherever it is.
        for (const one of [path, upscaler])
          if (one !== null) await engine.call('project.reach', { path: one });
        const request = { path, frame, folder, name, larger: { upscaler } };
        return engine.call('clip.saveFrame', request, { signal });
      });
      print(saved.path);
    });
}
