/** Runs edits through the real engine process and reads their reports; clips are made on the spot. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TakeReport } from '../../src/common/report.ts';
import type { EditRequest } from '../../src/common/settings.ts';
import { startEngine } from '../../src/main/cli/engine.ts';
import { ffmpegDoes } from '../../test/helpers/clips.ts';
import { writeTinyBundle } from '../../test/helpers/tiny-bundle.ts';

export interface Workbench extends AsyncDisposable {
  readonly dir: string;
  readonly bundle: string;
  /** A moving test picture of so many frames. */
  clip(frames: number): Promise<string>;
  /** One edit in a fresh engine process, sharing the workbench's cache. */
  edit(request: Partial<EditRequest> & { clip: string }): Promise<TakeReport>;
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
    async edit(request) {
      const engine = startEngine();
      try {
        return await engine.call('job.run', {
          bundle: model,
          sourcePrompt: 'a red car',
          prompt: 'a swan',
          steps: 4,
          provider: 'cpu',
          out: join(dir, `take-${takes++}.mov`),
          ...request,
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
