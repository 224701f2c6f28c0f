/** One log file for each start of the application; the one before is kept. */
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { publishSync } from '../atomic-files.ts';

/** A process that prints without end must not fill the disk. */
const LIMIT_BYTES = 10 * 2 ** 20;

export function openLog(folder: string): (text: string) => void {
  const file = join(folder, 'retake.log');
  let room = LIMIT_BYTES;
  try {
    mkdirSync(folder, { recursive: true });
    publishSync(file, join(folder, 'retake.previous.log'));
  } catch {
    // There was none yet; a folder that cannot be written shows below.
  }
  const stream = createWriteStream(file);
  // Without a log everything else still works.
  stream.on('error', () => {
    room = 0;
  });
  return (text) => {
    if (room <= 0) return;
    room -= text.length;
    stream.write(text);
  };
}
