/**
 * What this desk remembers of farms: which folders it sent, and how the artist likes its schedulers to be asked. All else is in
 * the folders. One file that several engines change, each in its turn; one that is damaged is set aside.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../common/errors.ts';
import { publishSync, writeWholeSync } from '../../atomic-files.ts';
import { lockFile } from '../storage/db.ts';

const sent = z.object({
  folder: z.string().min(1),
  /** Of the job. */
  id: z.string(),
  name: z.string(),
  /** As it was last known here: it may have moved since it was sent. */
  project: z.object({ id: z.string(), path: z.string() }),
  takesFolder: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
});
export type SentFolder = z.output<typeof sent>;

const remembered = z.object({
  format: z.literal(1),
  folders: z.array(sent),
  /** Of drivers, by id; only what the artist chose. */
  settings: z.record(z.string(), z.record(z.string(), z.string())),
});
type Remembered = z.output<typeof remembered>;

const EMPTY: Remembered = { format: 1, folders: [], settings: {} };
/** Others hold it for moments. */
const WAIT_MS = 5000;

export class FarmList {
  readonly #file: string;
  readonly #lock: string;
  readonly #onWarning: (line: string) => void;

  constructor(dir: string, onWarning: (line: string) => void) {
    this.#file = join(dir, 'farm.json');
    this.#lock = join(dir, 'farm.lock');
    this.#onWarning = onWarning;
  }

  /** The newest first. */
  get folders(): readonly SentFolder[] {
    return this.#read().folders;
  }

  find(folder: string): SentFolder | null {
    return this.folders.find((one) => one.folder === folder) ?? null;
  }

  settingsOf(driver: string): Readonly<Record<string, string>> {
    const { settings } = this.#read();
    return Object.hasOwn(settings, driver) ? settings[driver]! : {};
  }

  /** Another text where somebody has changed the file. */
  get stamp(): string {
    const about = statSync(this.#file, { throwIfNoEntry: false });
    return about ? `${about.mtimeMs} ${about.ino} ${about.size}` : '';
  }

  add(folder: SentFolder): void {
    this.#change(({ folders, ...rest }) => ({
      ...rest,
      folders: [folder, ...folders.filter((one) => one.folder !== folder.folder)],
    }));
  }

  /** @param change null forgets it */
  change(change: (folder: SentFolder) => SentFolder | null): void {
    this.#change(({ folders, ...rest }) => ({
      ...rest,
      folders: folders.map(change).filter((one) => one !== null),
    }));
  }

  /** @param value null goes back to the driver's own */
  keep(driver: string, setting: string, value: string | null): void {
    this.#change(({ settings, ...rest }) => {
      const own = { ...(Object.hasOwn(settings, driver) ? settings[driver] : {}) };
      if (value === null) delete own[setting];
      else own[setting] = value;
      return { ...rest, settings: { ...settings, [driver]: own } };
    });
  }

  #change(change: (known: Remembered) => Remembered): void {
    const doing = 'keeping the list of the farm';
    const lock = lockFile(this.#lock, { waitMs: WAIT_MS, doing });
    if (!lock) {
      throw new AppError('cache-unusable', 'another Retake has held it for seconds', {
        doing,
        hint: 'Try again.',
      });
    }
    try {
      writeWholeSync(this.#file, `${JSON.stringify(change(this.#read(true)), null, 1)}\n`);
    } finally {
      lock.release();
    }
  }

  #read(setAside = false): Remembered {
    try {
      return remembered.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
      if (error instanceof SyntaxError || error instanceof z.ZodError) {
        if (setAside) this.#setAside();
        return EMPTY;
      }
      throw error;
    }
  }

  #setAside(): void {
    publishSync(this.#file, `${this.#file}.damaged`);
    this.#onWarning(
      'The list of what was sent to the farm was damaged and begun anew; "retake farm collect FOLDER" still brings everything home.',
    );
  }
}
