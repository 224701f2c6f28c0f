/** Runs edits through the real engine process and reads their reports; clips are made on the spot. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TakeReport } from '../../src/common/report.ts';
import type { SomeSettings } from '../../src/common/settings/settings.ts';
import { startEngine } from '../../src/main/cli/engine.ts';
import { ffmpegDoes } from '../../test/helpers/clips.ts';
import { writeTinyBundle } from '../../test/helpers/tiny-bundle.ts';

export interface Workbench extends AsyncDisposable {
  readonly dir: string;
  readonly bundle: string;
  /** A moving test picture of so many frames. */
  clip(frames: number): Promise<string>;
  /** One edit in a fresh engine process, sharing the workbench's cache. */
  edit(clip: string, request: Pick<SomeSettings, 'prompts' | 'sampling'>): Promise<TakeReport>;
}

export async function openWorkbench(bundle?: string): Promise<Workbench> {
  const dir = mkdtempSync(join(tmpdir(), 'retake-bench-'));
  const home = process.env.RETAKE_HOME;
  process.env.RETAKE_HOME = join(dir, 'home');
  const model = bundle ?? (await writeTinyBundle(join(dir, 'bundle')));
  let takes = 0;
  return {
    dir,
    bundle: model,
    async clip(frames) {
      const path = join(dir, `clip-${frames}.mp4`);
      const source = `testsrc2=size=320x240:rate=25,trim=end_frame=${frames}`;
      await ffmpegDoes('-f', 'lavfi', '-i', source, '-pix_fmt', 'yuv420p', '-c:v', 'libx264', path);
      return path;
    },
    async edit(clip, { prompts, sampling }) {
      const engine = startEngine();
      try {
        return await engine.call('job.run', {
          source: { clip },
          model: { bundle: model, provider: 'cpu' },
          prompts: { source: 'a red car', target: 'a swan', ...prompts },
          sampling: { steps: 4, ...sampling },
          output: { path: join(dir, `take-${takes++}.mov`) },
        });
      } finally {
        await engine.stop();
      }
    },
    async [Symbol.asyncDispose]() {
      if (home === undefined) delete process.env.RETAKE_HOME;
      else process.env.RETAKE_HOME = home;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
