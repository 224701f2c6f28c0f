/**
 * Starts the built application: real Electron where its binary is installed, the test double elsewhere. Specs see no
 * difference.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { launchDouble } from './launch-double.ts';
import { launchElectron } from './launch-electron.ts';
import { type LaunchOptions, PATIENCE_MS, type RunningApp } from './running-app.ts';

/** Path of Electron's binary; null where only its npm package is. Asking the package itself would download it. */
export function electronBinary(): string | null {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  try {
    const file = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim());
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

export async function launch(options: LaunchOptions): Promise<RunningApp> {
  const binary = electronBinary();
  const app = await (binary === null ? launchDouble(options) : launchElectron(binary, options));
  if (!options.withoutWindow) app.page.setDefaultTimeout(PATIENCE_MS);
  return app;
}
