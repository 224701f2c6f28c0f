/** Where Retake keeps what it remembers between runs. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../../../common/errors.ts';

export interface DataPaths {
  readonly dir: string;
  readonly cache: string;
  readonly queue: string;
  /** Checkpoints and locks of running jobs. */
  readonly jobs: string;
}

/** RETAKE_HOME, or the platform's place for application data (XDG base directory specification on Linux). */
export function dataDirectory(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env.RETAKE_HOME) return resolve(env.RETAKE_HOME);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Retake');
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'Retake');
  const xdg = env.XDG_DATA_HOME;
  // The specification tells programs to ignore a relative path.
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.local', 'share'), 'retake');
}

/** Creates the data directory and proves that it can be written. @throws AppError cache-unusable */
export function prepareDataDirectory(dir: string = dataDirectory()): DataPaths {
  const jobs = join(dir, 'jobs');
  try {
    mkdirSync(jobs, { recursive: true });
    const probe = join(dir, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new AppError(
      'cache-unusable',
      `${dir} cannot be written to (${(error as NodeJS.ErrnoException).code})`,
      {
        doing: "preparing Retake's data folder",
        hint: 'Set RETAKE_HOME to a folder that you may write to.',
        cause: error,
      },
    );
  }
  return { dir, cache: join(dir, 'cache.sqlite'), queue: join(dir, 'queue.sqlite'), jobs };
}
