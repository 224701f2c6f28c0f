/** The files of the data directory. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../common/errors.ts';
import { dataDirectory } from '../data-directory.ts';

export { dataDirectory };

export interface DataPaths {
  readonly dir: string;
  readonly cache: string;
  readonly queue: string;
  /** Checkpoints and locks of running jobs. */
  readonly jobs: string;
  /** What a call took on each provider; may be lost. */
  readonly timings: string;
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
  const [cache, queue] = [join(dir, 'cache.sqlite'), join(dir, 'queue.sqlite')];
  return { dir, cache, queue, jobs, timings: join(dir, 'provider-timings.json') };
}
