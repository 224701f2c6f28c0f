/** Whether files are still as they were: what is being written cannot be opened, and what was digested must be what is run. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { defect } from './files.ts';

/**
 * @param files real paths
 * @returns throws a defect naming the first that has changed since, or is gone
 */
export function whileUnchanged(files: readonly string[]): () => void {
  const then = files.map(stampOf);
  return () => {
    const changed = files.find((file, i) => stampOf(file) !== then[i]);
    if (changed === undefined) return;
    if (stampOf(changed) === null)
      throw defect(
        changed,
        `${basename(changed)} is not there any more`,
        'Put it back and try again, or choose another model.',
      );
    throw defect(
      changed,
      `${basename(changed)} has changed since it was opened`,
      'If something is still writing to it, wait until it is downloaded or saved whole; then open it again.',
    );
  };
}

function stampOf(file: string): string | null {
  try {
    const { size, mtimeMs, ino } = statSync(file);
    return `${size} ${mtimeMs} ${ino}`;
  } catch {
    return null;
  }
}
