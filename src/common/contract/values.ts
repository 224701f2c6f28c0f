/** Values that many calls take. */
import { z } from 'zod';

const LONGEST_PATH = 4096;
/** Names that Windows gives to devices in every folder, whatever their extension. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])( *\.| *$)/i;

/** Of the process that checks; a page never does. */
function onWindows(): boolean {
  return (globalThis as { process?: { platform?: string } }).process?.platform === 'win32';
}

/** Why a text cannot be the whole path of a file or folder on a system; null where it can. */
export function pathFault(path: string, windows: boolean): string | null {
  if (path === '') return 'is empty';
  if (path.length > LONGEST_PATH) return `is longer than ${LONGEST_PATH} characters`;
  if (path.includes('\0')) return 'holds a character that no file name has';
  if (!windows) return path.startsWith('/') ? null : 'must be the whole path, from / on';
  if (/^[\\/]{2}[.?][\\/]/.test(path)) return 'names a device, not a file';
  if (!/^([a-z]:[\\/]|[\\/]{2}[^\\/])/i.test(path)) return 'must be the whole path, from the drive on';
  const rest = path.replace(/^[a-z]:/i, '');
  if (rest.includes(':')) return 'holds a colon behind the drive';
  const device = rest.split(/[\\/]/).find((part) => DEVICE.test(part));
  return device === undefined ? null : `holds "${device}", which Windows keeps for a device`;
}

/** The whole path of a file or folder on the engine's machine. */
export const absolutePath = z.string().check((ctx) => {
  const fault = pathFault(ctx.value, onWindows());
  if (fault) ctx.issues.push({ code: 'custom', message: fault, input: ctx.value });
});

/** Of jobs, queue entries and what was set aside. */
export const jobId = z.string().regex(/^[\w-]{1,64}$/, 'is no name of a job');

/** Of a project, as its file has it. */
export const projectId = z.string().min(1).max(64);

export const nothing = z.null();
