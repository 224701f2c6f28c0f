/** Measurements in a process of their own, so that its time and memory are theirs alone. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Runs the file with "measure" and these words, and reads the JSON that it prints. @throws with what it wrote to stderr */
export async function inChild<T>(file: string, ...words: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [file, 'measure', ...words], {
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout) as T;
}

/** In the child: hands over what `measure` makes of the words, if this file is the one that was started. */
export async function answer(file: string, measure: (...words: string[]) => Promise<unknown>): Promise<void> {
  if (process.argv[1] !== file || process.argv[2] !== 'measure') return;
  process.stdout.write(JSON.stringify(await measure(...process.argv.slice(3))));
}

/** A folder for `use`, gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'retake-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
