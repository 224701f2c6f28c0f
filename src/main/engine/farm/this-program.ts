/** The command line of this very Retake, as other processes start it: also where the engine is the desktop's. */
import { fileURLToPath } from 'node:url';
import { entryFile } from '../entry-file.ts';

export interface ThisProgram {
  /** Program and first argument; words of a command follow. */
  readonly command: readonly [string, string];
  /** What has to stand in the environment beside what does already. */
  readonly env: Readonly<Record<string, string>>;
}

export function thisProgram(): ThisProgram {
  const cli = import.meta.filename.endsWith('.ts')
    ? fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
    : entryFile(import.meta.dirname, 'cli');
  // Electron is a plain Node where that stands in its environment.
  const env: Record<string, string> =
    process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' };
  return { command: [process.execPath, cli], env };
}
