/** What a plugin prints: the last of it, and no faster than it can be read. */
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { writeWhole } from '../../atomic-files.ts';

const LOOK_MS = 100;
/** Read of it in a tenth of a second: beyond, its own printing waits. */
const BYTES_PER_LOOK = 256 * 1024;
/** Of it is kept, in memory and in its file. */
const MOST_BYTES = 64 * 1024;
/** For those who print in every call. */
const KEPT_EVERY_MS = 2000;

export class PluginLog {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Of lives before this one. */
  #before = '';
  #isKept = true;
  #keeping: NodeJS.Timeout | null = null;
  readonly #file: string | null;

  /** @param file where it is kept beyond the process that reads it */
  constructor(file: string | null = null) {
    this.#file = file;
  }

  /** Reads on until the stream ends. A plugin that prints without end waits for us, not we for it. */
  follow(stream: Readable): void {
    let read = 0;
    let timer: NodeJS.Timeout | null = null;
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      this.add(chunk);
      read += chunk.length;
      if (read < BYTES_PER_LOOK || timer) return;
      stream.pause();
      timer = setTimeout(() => {
        timer = null;
        read = 0;
        stream.resume();
      }, LOOK_MS);
    });
  }

  /** What is printed from here on is of another life. */
  begin(): void {
    this.#before = this.text;
    this.#chunks = [];
    this.#bytes = 0;
  }

  /** In Retake's own words. */
  say(line: string): void {
    this.line(`[Retake] ${line}`);
  }

  line(text: string): void {
    this.add(Buffer.from(`${text}\n`));
  }

  add(chunk: Buffer): void {
    this.#isKept = false;
    this.#chunks.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
    while (this.#bytes > MOST_BYTES && this.#chunks.length > 1) this.#bytes -= this.#chunks.shift()!.length;
  }

  /** All of it, which is then forgotten. */
  take(): string {
    const { text } = this;
    this.begin();
    this.#before = '';
    return text;
  }

  /** A log that cannot be kept is no fault of the plugin. */
  async keep(): Promise<void> {
    if (this.#keeping) clearTimeout(this.#keeping);
    this.#keeping = null;
    if (this.#file === null || this.#isKept) return;
    const file = this.#file;
    this.#isKept = true;
    await mkdir(dirname(file), { recursive: true })
      .then(() => writeWhole(file, this.text))
      .catch(() => {});
  }

  /** So that it is there for others although the plugin goes on. */
  keepSoon(): void {
    if (this.#file === null || this.#isKept) return;
    this.#keeping ??= setTimeout(() => void this.keep(), KEPT_EVERY_MS).unref();
  }

  /** Of all its lives, the last of it. */
  get text(): string {
    return `${this.#before}${this.lately}`.slice(-MOST_BYTES);
  }

  /** Of this life; nothing that a terminal would obey. */
  get lately(): string {
    return plain(Buffer.concat(this.#chunks).subarray(-MOST_BYTES));
  }
}

/** Of every plugin one, for as long as it is installed, whatever becomes of it. */
export class PluginLogs {
  readonly #dir: string;
  readonly #logs = new Map<string, PluginLog>();

  /** @param dir holds a file for each; it need not be there */
  constructor(dir: string) {
    this.#dir = dir;
  }

  of(id: string): PluginLog {
    const log = this.#logs.get(id) ?? new PluginLog(this.#file(id));
    this.#logs.set(id, log);
    return log;
  }

  /** Of one that printed nothing here: what it printed last, in whatever engine. */
  async read(id: string): Promise<string> {
    const here = this.#logs.get(id)?.text ?? '';
    return here === '' ? this.#lastKept(id) : here;
  }

  async forget(id: string): Promise<void> {
    this.#logs.delete(id);
    await rm(this.#file(id), { force: true }).catch(() => {});
  }

  async #lastKept(id: string): Promise<string> {
    try {
      await using file = await open(this.#file(id), 'r');
      const bytes = Buffer.alloc(MOST_BYTES);
      const { bytesRead } = await file.read(bytes, 0, MOST_BYTES, 0);
      return plain(bytes.subarray(0, bytesRead));
    } catch {
      return '';
    }
  }

  #file(id: string): string {
    return join(this.#dir, `${id}.log`);
  }
}

function plain(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/[^\P{Cc}\n\t]/gu, '');
}
