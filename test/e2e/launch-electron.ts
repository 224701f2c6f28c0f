/** The application on real Electron, driven by Playwright. */
import { join } from 'node:path';
import { _electron } from 'playwright';
import { environment, type LaunchOptions, type MainModules, ROOT, type RunningApp } from './running-app.ts';

export async function launchElectron(binary: string, options: LaunchOptions): Promise<RunningApp> {
  const app = await _electron.launch({
    executablePath: binary,
    args: [ROOT, `--user-data-dir=${join(options.home, 'user')}`, ...(options.args ?? [])],
    env: environment(options) as Record<string, string>,
  });
  let text = '';
  const child = app.process();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += String(chunk);
    });
  }
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const page = options.withoutWindow ? (null as never) : await app.firstWindow();
  return {
    page,
    evaluate: (run, arg) => app.evaluate(run as (electron: MainModules, arg: unknown) => never, arg),
    output: () => text,
    async quit() {
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close()).catch(() => {});
      await gone;
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    gone,
  };
}
