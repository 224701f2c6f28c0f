/** The artist's own list: what was added, which model is the default, which folders are watched. */
import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { z } from 'zod';
import { writeWhole } from '../../atomic-files.ts';
import { fromSystem } from '../media/target.ts';

/** `dirs` from when every model was a folder; files are in it now, and folders are watched. */
const listFile = z.object({
  dirs: z.array(z.string()),
  default: z.string().nullable(),
  watched: z.array(z.string()).default([]),
});
type ListFile = z.output<typeof listFile>;

export interface SavedList {
  readonly added: readonly string[];
  readonly default: string | null;
  readonly watched: readonly string[];
  /** It could not be read: an empty one, that says so. */
  readonly damaged: boolean;
}

const EMPTY = { added: [], default: null, watched: [] };

export class ListKeeper {
  readonly #file: string;
  readonly #inTurn = pLimit(1);

  constructor(file: string) {
    this.#file = file;
  }

  async read(): Promise<SavedList> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      const none = (error as NodeJS.ErrnoException).code === 'ENOENT';
      return { ...EMPTY, damaged: !none };
    }
    try {
      const { dirs, ...rest } = listFile.parse(JSON.parse(text));
      return { added: dirs, ...rest, damaged: false };
    } catch {
      return { ...EMPTY, damaged: true };
    }
  }

  /** @throws AppError output-unwritable, disk-full */
  change(change: (list: SavedList) => Partial<SavedList>): Promise<void> {
    return this.#inTurn(async () => {
      try {
        const before = await this.read();
        const after = { ...before, ...change(before) };
        const file: ListFile = {
          dirs: [...new Set(after.added)],
          default: after.default,
          watched: [...new Set(after.watched)],
        };
        await writeWhole(this.#file, JSON.stringify(file, null, 2));
      } catch (error) {
        throw fromSystem(error, 'keeping the list of models');
      }
    });
  }
}
