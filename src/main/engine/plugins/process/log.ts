/** What a plugin prints: the last of it, and no faster than it can be read. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { writeWhole } from '../../../atomic-files.ts';
import { LIMITS } from './limits.ts';

const LOOK_MS = 100;

export class PluginLog {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Of lives before this one. */
  #before = '';
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
      if (read < LIMITS.logBytesPerLook || timer) return;
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
    this.add(Buffer.from(`[Retake] ${line}\n`));
  }

  add(chunk: Buffer): void {
    this.#chunks.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
    while (this.#bytes > LIMITS.logBytes && this.#chunks.length > 1)
      this.#bytes -= this.#chunks.shift()!.length;
  }

  /** A log that cannot be kept is no fault of the plugin. */
  async keep(): Promise<void> {
    if (this.#file === null || this.text === '') return;
    const file = this.#file;
    await mkdir(dirname(file), { recursive: true })
      .then(() => writeWhole(file, this.text))
      .catch(() => {});
  }

  /** Of all its lives, the last of it. */
  get text(): string {
    return `${this.#before}${this.lately}`.slice(-LIMITS.logBytes);
  }

  /** Of this life; nothing that a terminal would obey. */
  get lately(): string {
    const all = Buffer.concat(this.#chunks).subarray(-LIMITS.logBytes);
    return all.toString('utf8').replace(/[^\P{Cc}\n\t]/gu, '');
  }
}
