/** Where the next take of a shot goes: "<shot name> <n>.mov" or what its format ends in, never a name that a file, a deleted take or a job has. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { portableName } from '../../../common/file-name.ts';
import { FORMATS, type TakeFormat } from '../../../common/formats/registry.ts';
import { trashOf } from '../project/trash.ts';

export async function nextTake(
  folder: string,
  shotName: string,
  promised: readonly string[],
  format: TakeFormat,
): Promise<string> {
  const namesIn = (place: string) => readdir(place).catch(() => []);
  const deleted = (await namesIn(trashOf(folder))).map((name) => namesIn(join(trashOf(folder), name)));
  const names = [...(await namesIn(folder)), ...(await Promise.all(deleted)).flat()];
  const taken = new Set([
    ...names.map((name) => name.toLowerCase()),
    ...promised.filter((path) => dirname(path) === folder).map((path) => basename(path).toLowerCase()),
  ]);
  const stem = fileName(shotName);
  for (let n = 1; ; n += 1) {
    const name = `${stem} ${n}${FORMATS[format].extensions[0]}`;
    if (!taken.has(name.toLowerCase())) return join(folder, name);
  }
}

/** A name that every file system takes: no separators, reserved characters or control characters; not too long. */
export function fileName(text: string): string {
  const cleaned = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
    .replace(/[\u0000-\u001f\u007f<>:"/\\|?*]/g, '-')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  return portableName(shortened(cleaned).trim(), 'Shot');
}

/** Disks count bytes or UTF-16 units, mostly to 255; a number, an ending and a report's ending are still to come. */
const MOST_BYTES = 200;

/** No letter is cut through, nor one that is put together of several. */
function shortened(text: string): string {
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (Buffer.byteLength(kept + segment) > MOST_BYTES) break;
    kept += segment;
  }
  return kept;
}
