/** Starts the process of a plugin: Node's permission model, a heap of its own, an empty environment, three pipes. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../../common/errors.ts';
import type { Limits } from './limits.ts';

export type Child = ChildProcessWithoutNullStreams;

/** From the sources it is TypeScript in a folder; built it is one file with nothing beside it. */
function bootstrap(): { readonly file: string; readonly reads: string } {
  if (import.meta.filename.endsWith('.ts')) {
    const file = fileURLToPath(new URL('../../../plugin-child/main.ts', import.meta.url));
    return { file, reads: dirname(file) };
  }
  const places = ['.', '..'].map((up) => join(import.meta.dirname, up, 'plugin-child.mjs'));
  const file = places.find((place) => existsSync(place));
  if (!file) throw new Error('plugin-child.mjs is not beside the engine');
  // The permission model knows files, not what lies in an archive.
  const unpacked = file.replace(/\.asar(?=[\\/])/, '.asar.unpacked');
  return { file: unpacked, reads: unpacked };
}

const living = new Set<Child>();
// Each also ends by itself when its parent is gone, however that ended.
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/**
 * @param dir the plugin's folder, which the child reads and nothing else
 * @throws AppError plugin-failed where the folder has a name that the permission model would not take as it is
 */
export function startChild(dir: string, { heapMegabytes, memoryBytes }: Limits): Child {
  const own = realpathSync.native(dir);
  if (own.includes('*')) {
    throw new AppError('plugin-failed', `its folder has a star in its name: ${own}`, {
      doing: 'starting a plugin',
      hint: 'Give the folder another name.',
    });
  }
  const { file, reads } = bootstrap();
  const flags = [
    '--permission',
    // For its guard; given back before the plugin is loaded.
    '--allow-worker',
    `--allow-fs-read=${reads}`,
    `--allow-fs-read=${own}`,
    `--max-old-space-size=${heapMegabytes}`,
    '--disallow-code-generation-from-strings',
    '--no-addons',
    '--no-experimental-sqlite',
    '--no-experimental-websocket',
    '--disable-sigusr1',
    '--disable-warning=PERM0006',
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
  ];
  const child = spawn(process.execPath, [...flags, file, own, String(process.pid), String(memoryBytes)], {
    env: process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' },
    // A folder that is there as long as it runs, and tells it nothing.
    cwd: parse(own).root,
    stdio: 'pipe',
    windowsHide: true,
  });
  living.add(child);
  child.once('close', () => living.delete(child));
  child.once('error', () => living.delete(child));
  if (child.pid !== undefined) preferForEnding(child.pid);
  return child;
}

/** Where memory runs out all the same, Linux ends the plugin and not the engine. */
function preferForEnding(pid: number): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // It has ended, or the system does not let us.
  }
}
