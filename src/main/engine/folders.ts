/** Which folders may be written into or searched on a caller's word. */
import { realpath } from 'node:fs/promises';
import { dirname, parse, sep } from 'node:path';
import { AppError } from '../../common/errors.ts';

/** The system's own, where files are devices or settings. */
const SYSTEM: readonly string[] =
  process.platform === 'win32' ? [process.env.SystemRoot ?? 'C:\\Windows'] : ['/dev', '/proc', '/sys'];

/**
 * A folder for takes, models or a collected project; it need not be there yet.
 * @throws AppError usage for a disk's root and the system's folders, under whatever name they come
 */
export async function requireWorkFolder(folder: string, doing: string): Promise<void> {
  const whole = await realFolder(folder);
  if (isSystem(whole)) throw unsuitable('is a folder of the system', doing);
  if (parse(whole).root === whole) throw unsuitable('is a whole disk', doing);
}

/** A folder to look for clips in. A disk of its own may be searched, the system's may not. @throws AppError usage */
export async function requireSearchFolder(folder: string, doing: string): Promise<void> {
  const whole = await realFolder(folder);
  const drive = (process.env.SystemDrive ?? 'C:').toLowerCase();
  const root = parse(whole).root === whole;
  if (root && (process.platform !== 'win32' || whole.toLowerCase().startsWith(drive))) {
    throw unsuitable("is the system's whole disk", doing);
  }
  if (isSystem(whole)) throw unsuitable('is a folder of the system', doing);
}

/** Without links, as far as it is there. */
async function realFolder(folder: string): Promise<string> {
  for (let existing = folder; ; existing = dirname(existing)) {
    const real = await realpath(existing).catch(() => null);
    if (real !== null) return existing === folder ? real : `${real === sep ? '' : real}${sep}…`;
    if (dirname(existing) === existing) return folder;
  }
}

function isSystem(folder: string): boolean {
  return SYSTEM.some((one) => folder === one || folder.startsWith(`${one}${sep}`));
}

function unsuitable(what: string, doing: string): AppError {
  return new AppError('usage', `this ${what}`, { doing, hint: 'Choose a folder of your own.' });
}
