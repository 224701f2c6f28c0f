/** The only spawn: runs an ffmpeg without hangs, floods or orphans. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { AppError, Cancelled, throwIfCancelled } from '../../../common/errors.ts';
import { forgetGroup, noteGroup } from '../watchdog/groups.ts';

const STALL_MS = 60_000;
const TAIL_LINES = 60;
const LINE_LIMIT = 1000;
/** Said on stderr without one picture or byte: a script that prints for ever, or a file that is nothing but errors. */
const IDLE_BYTES = 8 << 20;
/** A picture of showinfo by its number. Nothing else on stderr says that the work goes on. */
const PICTURE = /Parsed_showinfo\S* @ .*\bn:\s*(\d+) pts:/;

/** What stands at the path: ffmpeg, or a wrapper of it. */
export interface Program {
  readonly path: string;
}

/** Windows has no groups to signal; there the tree is ended by the system's own tool. */
const grouped = process.platform !== 'win32';
const living = new Set<ChildProcess>();

function adopt(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  living.add(child);
  noteGroup(pid);
  child.once('close', () => {
    living.delete(child);
    forgetGroup(pid);
  });
}

/** With everything that it has started. */
function endGroup(child: ChildProcess): void {
  if (!living.has(child)) return;
  try {
    if (grouped) process.kill(-child.pid!, 'SIGKILL');
    else spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true });
  } catch {
    // It has just ended by itself.
  }
  child.kill('SIGKILL');
}

process.on('exit', () => {
  for (const child of living) endGroup(child);
});

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
  /** Of what it said on stderr since it last moved. */
  #idleBytes = 0;
  #lastPicture = '';

  constructor(ffmpeg: Program, args: readonly string[], options: ProcessOptions) {
    throwIfCancelled(options.signal);
    this.#options = options;
    // A group of its own: what stands at this path may be a script that has started the real one.
    this.#child = spawn(ffmpeg.path, args, { stdio: 'pipe', windowsHide: true, detached: grouped });
    adopt(this.#child);
    this.#child.stdin.on('error', () => {}); // a child that died reports through its exit
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => this.#onStderr(text));
    const { onOutput } = options;
    if (onOutput) {
      this.#child.stdout.on('data', (chunk: Buffer) => {
        this.#moved();
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

  #moved(): void {
    this.#lastActivity = performance.now();
    this.#idleBytes = 0;
  }

  #onStderr(text: string): void {
    this.#idleBytes += text.length;
    if (this.#idleBytes > IDLE_BYTES) {
      this.#fail(this.#failed('ffmpeg complained without end'));
      return;
    }
    const lines = (this.#partial + text).split(/\r\n|\n|\r/);
    this.#partial = lines.pop()!.slice(0, LINE_LIMIT);
    for (const line of lines) this.#addLine(line);
  }

  #addLine(line: string): void {
    const short = line.slice(0, LINE_LIMIT);
    const picture = PICTURE.exec(short)?.[1];
    if (picture !== undefined && picture !== this.#lastPicture) {
      this.#lastPicture = picture;
      this.#moved();
    }
    this.#options.onLine?.(short);
    this.#tail.push(short);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
  }

  #fail(reason: unknown): void {
    this.#failure ??= reason;
    endGroup(this.#child);
    for (const reject of this.#waiting) reject(this.#failure);
    this.#waiting.clear();
  }

  /** Waits for the child, but not for ever: a file that stops it for a minute is an error, never a hang. */
  async #wait<T>(promise: Promise<T>): Promise<T> {
    const limit = this.#options.stallMs ?? STALL_MS;
    this.#moved();
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
    return this.#failed(`ffmpeg made no progress for ${Math.round(limit / 1000)} seconds`);
  }

  #failed(message: string): AppError {
    return new AppError('ffmpeg-failed', message, {
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
    endGroup(this.#child);
    // Whoever else holds the other ends keeps nobody waiting.
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
    await this.#closed.catch(() => {});
  }
}

/** Runs to the end. Does not judge the exit code. */
export async function runFfmpeg(
  ffmpeg: Program,
  args: readonly string[],
  options: ProcessOptions,
): Promise<Exit> {
  await using child = new FfmpegProcess(ffmpeg, args, options);
  return await child.finished();
}
