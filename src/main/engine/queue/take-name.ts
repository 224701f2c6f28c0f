/** Where the next take of a shot goes: "<shot name> <n>.mov" or what its format ends in, never a name that a file, a deleted take or a job has. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { portableName } from '../../../common/file-name.ts';
import { FORMATS, type TakeFormat } from '../../../common/formats/registry.ts';
import { trashOf } from '../project/trash.ts';

export class TakeNames {
  readonly #folder: string;
  /** In lower case: two file systems of three do not tell cases apart. */
  readonly #taken: Set<string>;

  private constructor(folder: string, taken: Set<string>) {
    this.#folder = folder;
    this.#taken = taken;
  }

  /** @param promised paths of takes that jobs will write, wherever */
  static async of(folder: string, promised: readonly string[]): Promise<TakeNames> {
    const namesIn = (place: string) => readdir(place).catch(() => []);
    const deleted = (await namesIn(trashOf(folder))).map((name) => namesIn(join(trashOf(folder), name)));
    const names = [...(await namesIn(folder)), ...(await Promise.all(deleted)).flat()];
    const here = promised.filter((path) => dirname(path) === folder).map((path) => basename(path));
    return new TakeNames(folder, new Set([...names, ...here].map((name) => name.toLowerCase())));
  }

  /** A path that nobody else gets from now on. */
  next(shotName: string, format: TakeFormat): string {
    const stem = fileName(shotName);
    for (let n = 1; ; n += 1) {
      const name = `${stem} ${n}${FORMATS[format].extensions[0]}`;
      if (this.#taken.has(name.toLowerCase())) continue;
      this.#taken.add(name.toLowerCase());
      return join(this.#folder, name);
    }
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
