/** The only spawn: finds an ffmpeg, asks it once what it can do, and runs it without hangs, floods or orphans. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError, Cancelled, throwIfCancelled } from '../../../common/errors.ts';

export interface Ffmpeg {
  readonly path: string;
  readonly version: string;
  readonly encoders: ReadonlySet<string>;
  readonly filters: ReadonlySet<string>;
  readonly muxers: ReadonlySet<string>;
  /** Candidates tried before this one, and why each was refused. */
  readonly refused: readonly { readonly candidate: string; readonly reason: string }[];
}

const OLDEST = 'ffmpeg 5.1';
const OLDEST_AVUTIL: readonly [number, number] = [57, 28];
const STALL_MS = 60_000;
const TAIL_LINES = 60;
const LINE_LIMIT = 1000;

let resolved: Promise<Ffmpeg> | null = null;

/** The ffmpeg of this process: RETAKE_FFMPEG, ffmpeg-static, @ffmpeg-binary, PATH, in this order; found once. */
export function resolveFfmpeg(): Promise<Ffmpeg> {
  resolved ??= findFfmpeg(candidates(process.env)).catch((error: unknown) => {
    resolved = null;
    throw error;
  });
  return resolved;
}

export interface Candidate {
  readonly name: string;
  /** Null where the place holds no file at all. */
  readonly path: string | null;
}

export function candidates(env: NodeJS.ProcessEnv): Candidate[] {
  const file = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const onPath = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [
    ...(env.RETAKE_FFMPEG ? [{ name: 'RETAKE_FFMPEG', path: env.RETAKE_FFMPEG }] : []),
    { name: 'ffmpeg-static', path: packaged('ffmpeg-static', file) },
    { name: '@ffmpeg-binary', path: packaged(`@ffmpeg-binary/${process.platform}-${process.arch}`, file) },
    { name: 'PATH', path: onPath.map((folder) => join(folder, file)).find(isExecutable) ?? null },
  ];
}

function packaged(name: string, file: string): string | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    return join(folder.replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked'), file);
  } catch {
    return null;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first candidate that runs and is new enough; throws ffmpeg-missing with the reason for each refusal. */
export async function findFfmpeg(list: readonly Candidate[]): Promise<Ffmpeg> {
  const refused: { candidate: string; reason: string }[] = [];
  for (const { name, path } of list) {
    const refuse = (reason: string) => refused.push({ candidate: path ? `${name} (${path})` : name, reason });
    if (path === null) refuse('not installed');
    else if (!isExecutable(path)) refuse('no such program');
    else {
      try {
        const found = await capabilities(path);
        if (found) return { ...found, refused };
        refuse(`older than ${OLDEST}`);
      } catch (error) {
        refuse(`does not run: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]}`);
      }
    }
  }
  const tried = refused.map(({ candidate, reason }) => `${candidate}: ${reason}`).join('; ');
  throw new AppError('ffmpeg-missing', `no usable ffmpeg was found (${tried})`, {
    doing: 'looking for ffmpeg',
    hint: `Install ${OLDEST} or newer, or set RETAKE_FFMPEG to its path.`,
  });
}

async function capabilities(path: string): Promise<Omit<Ffmpeg, 'refused'> | null> {
  const ask = async (what: string): Promise<string> =>
    (
      await promisify(execFile)(path, ['-hide_banner', what], {
        timeout: 20_000,
        killSignal: 'SIGKILL',
        maxBuffer: 1 << 24,
      })
    ).stdout;
  const banner = await ask('-version');
  const avutil = /^libavutil\s+(\d+)\.\s*(\d+)\./m.exec(banner);
  if (!avutil) throw new Error('it does not answer like ffmpeg');
  const [major, minor] = [Number(avutil[1]), Number(avutil[2])];
  if (major < OLDEST_AVUTIL[0] || (major === OLDEST_AVUTIL[0] && minor < OLDEST_AVUTIL[1])) return null;
  const [encoders, filters, muxers] = await Promise.all(['-encoders', '-filters', '-muxers'].map(ask));
  return {
    path,
    version: /^ffmpeg version (\S+)/m.exec(banner)?.[1] ?? `libavutil ${major}.${minor}`,
    encoders: parseTable(encoders!),
    filters: parseTable(filters!),
    muxers: parseTable(muxers!),
  };
}

/** Names of the table that -encoders, -filters and -muxers print: flags, name or names, description. */
export function parseTable(text: string): Set<string> {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const match = /^ [A-Z. |]{1,6} +(\S+) +\S/.exec(line);
    if (match && match[1] !== '=') for (const name of match[1]!.split(',')) names.add(name);
  }
  return names;
}

export function canToneMap(ffmpeg: Ffmpeg): boolean {
  return ffmpeg.filters.has('zscale') && ffmpeg.filters.has('tonemap');
}

export function requireEncoder(ffmpeg: Ffmpeg, encoder: string): void {
  if (ffmpeg.encoders.has(encoder)) return;
  throw new AppError('encoder-missing', `this ffmpeg (${ffmpeg.path}) has no encoder "${encoder}"`, {
    doing: 'preparing the take',
    hint: 'Choose another format, or point RETAKE_FFMPEG at a full build of ffmpeg.',
  });
}

export interface ProcessOptions {
  /** What is being done, for error messages. */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
  /** Called with each line of stderr. */
  readonly onLine?: (line: string) => void;
  /** Takes stdout as it comes; without it, output() reads it. */
  readonly onOutput?: (chunk: Buffer) => void;
  readonly stallMs?: number;
}

export interface Exit {
  readonly code: number | null;
  /** The last lines of stderr. */
  readonly tail: readonly string[];
}

/** A running ffmpeg. Dispose it: whatever happened, the child is gone and reaped afterwards. */
export class FfmpegProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #options: ProcessOptions;
  /** Rejects whoever waits now. A race against one long-lived promise would keep every chunk ever read alive. */
  readonly #waiting = new Set<(reason: unknown) => void>();
  #failure: unknown = null;
  readonly #closed: Promise<Exit>;
  readonly #tail: string[] = [];
  #partial = '';
  #lastActivity = performance.now();

  constructor(ffmpeg: Pick<Ffmpeg, 'path'>, args: readonly string[], options: ProcessOptions) {
    throwIfCancelled(options.signal);
    this.#options = options;
    this.#child = spawn(ffmpeg.path, args, { stdio: 'pipe', windowsHide: true });
    this.#child.stdin.on('error', () => {}); // a child that died reports through its exit
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => this.#onStderr(text));
    const { onOutput } = options;
    if (onOutput) {
      this.#child.stdout.on('data', (chunk: Buffer) => {
        this.#lastActivity = performance.now();
        onOutput(chunk);
      });
    }
    const abort = () => {
      this.#fail(new Cancelled());
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    this.#closed = new Promise<Exit>((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => {
        if (this.#partial !== '') this.#addLine(this.#partial);
        resolve({ code, tail: this.#tail });
      });
    })
      .catch((error: unknown) => {
        throw new AppError('ffmpeg-failed', `ffmpeg could not be started (${String(error)})`, {
          doing: options.doing,
        });
      })
      .finally(() => options.signal?.removeEventListener('abort', abort));
    this.#closed.catch(() => {});
  }

  #onStderr(text: string): void {
    this.#lastActivity = performance.now();
    const lines = (this.#partial + text).split(/\r\n|\n|\r/);
    this.#partial = lines.pop()!.slice(0, LINE_LIMIT);
    for (const line of lines) this.#addLine(line);
  }

  #addLine(line: string): void {
    const short = line.slice(0, LINE_LIMIT);
    this.#options.onLine?.(short);
    this.#tail.push(short);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
  }

  #fail(reason: unknown): void {
    this.#failure ??= reason;
    this.#child.kill('SIGKILL');
    for (const reject of this.#waiting) reject(this.#failure);
    this.#waiting.clear();
  }

  /** Waits for the child, but not for ever: a file that stops it for a minute is an error, never a hang. */
  async #wait<T>(promise: Promise<T>): Promise<T> {
    const limit = this.#options.stallMs ?? STALL_MS;
    this.#lastActivity = performance.now();
    let timer: NodeJS.Timeout;
    const watch = () => {
      const left = limit - (performance.now() - this.#lastActivity);
      if (left > 0) timer = setTimeout(watch, left);
      else this.#fail(this.#stalled(limit));
    };
    timer = setTimeout(watch, limit);
    let reject: (reason: unknown) => void;
    try {
      return await new Promise<T>((resolve, rejectThis) => {
        reject = rejectThis;
        if (this.#failure !== null) reject(this.#failure);
        this.#waiting.add(reject);
        promise.then(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(reject!);
    }
  }

  #stalled(limit: number): AppError {
    return new AppError('ffmpeg-failed', `ffmpeg made no progress for ${Math.round(limit / 1000)} seconds`, {
      doing: this.#options.doing,
      hint: 'The file may be damaged, or its disk may not answer.',
    });
  }

  /** Chunks of stdout, as slowly as the reader takes them. */
  async *output(): AsyncGenerator<Buffer> {
    const chunks = this.#child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (;;) {
      const { done, value } = await this.#wait(chunks.next());
      if (done) return;
      yield value;
    }
  }

  /** Resolves when the child has taken the bytes; false when it has gone and takes no more. */
  async write(bytes: Uint8Array): Promise<boolean> {
    const stdin = this.#child.stdin;
    if (stdin.destroyed || !stdin.writable) return false;
    return this.#wait(new Promise<boolean>((resolve) => stdin.write(bytes, (error) => resolve(!error))));
  }

  /** Ends stdin, waits for the child to finish by itself. stdout must have been read, or be small. */
  async finished(): Promise<Exit> {
    this.#child.stdin.end();
    this.#child.stdout.resume();
    return this.#wait(this.#closed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    this.#child.stdout.destroy();
    await this.#closed.catch(() => {});
  }
}

/** Runs to the end. Does not judge the exit code. */
export async function runFfmpeg(
  ffmpeg: Pick<Ffmpeg, 'path'>,
  args: readonly string[],
  options: ProcessOptions,
): Promise<Exit> {
  await using child = new FfmpegProcess(ffmpeg, args, options);
  return await child.finished();
}
