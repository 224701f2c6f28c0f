/**
 * One life of a plugin's process, from its start to its end: the handshake, calls and their answers, all within limits. Long, because it is
 * one state machine: what is waited for, what was given up and why it ended decide together what each message means.
 */
import { performance } from 'node:perf_hooks';
import type { Writable } from 'node:stream';
import prettyBytes from 'pretty-bytes';
import { RETAKE_VERSION } from '../../../../common/contract/version.ts';
import { type AppError, Cancelled } from '../../../../common/errors.ts';
import type { PluginHandle } from '../../../../common/plugins/handle.ts';
import type { Answered, Called, ChildWord, HostWord } from '../../../plugin-child/messages.ts';
import {
  type Announced,
  encodeFrame,
  type Frame,
  FrameReader,
  KIND,
  type Kind,
} from '../../../plugin-child/wire.ts';
import type { PluginLog } from '../log.ts';
import type { Broker, LentFiles } from './broker.ts';
import { type Child, startChild } from './child.ts';
import { deadline } from './deadline.ts';
import { AGAIN, endWords, pluginFault, seconds, TELL } from './faults.ts';
import type { Limits } from './limits.ts';
import { answered, ask, childWord } from './words.ts';

export interface LifeParts {
  readonly facts: { readonly id: string; readonly name: string; readonly version: string };
  readonly dir: string;
  /** file: address of what is loaded. */
  readonly main: string;
  readonly suites: readonly string[];
  readonly broker: Broker;
  readonly log: PluginLog;
  readonly limits: Limits;
}

type CallOptions = NonNullable<Parameters<PluginHandle['call']>[4]>;

export interface Asked extends Called {
  readonly signal?: CallOptions['signal'];
  readonly deadlineMs: number;
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly files?: LentFiles | undefined;
}

interface Waiting extends Pick<Asked, 'onProgress' | 'files'> {
  /** Null once it was given up: what comes is dropped. */
  answer: { resolve(value: unknown): void; reject(error: unknown): void } | null;
  /** Ends its time. */
  inTime: () => void;
  /** Aborts when it is over: what the host does for it ends with it. */
  readonly ends: AbortController;
}

type Stage = 'alive' | 'ready' | 'activated';

export class Life {
  readonly #parts: LifeParts;
  readonly #limits: Limits;
  readonly #child: Child;
  readonly #waiting = new Map<number, Waiting>();
  readonly #gone = Promise.withResolvers<void>();
  #nextId = 1;
  #asks = 0;
  /** Answers that came after their call was given up. */
  #dropped = 0;
  #words: number;
  #wordsAt = performance.now();
  #uncaught: string | null = null;
  /** What it says of itself, in this order. */
  readonly #stages = {
    alive: Promise.withResolvers<ChildWord>(),
    ready: Promise.withResolvers<ChildWord>(),
    activated: Promise.withResolvers<ChildWord>(),
  };
  /** Why it is over; null as long as it lives. */
  #over: AppError | null = null;
  /** It was asked to end, and that is no fault. */
  #stopping = false;
  /** Told once, when it is over by its own fault. */
  onFault: (fault: AppError) => void = () => {};

  /** @throws AppError plugin-failed */
  constructor(parts: LifeParts) {
    this.#parts = parts;
    this.#limits = parts.limits;
    this.#words = parts.limits.wordsAtOnce;
    const child = startChild(parts.dir, parts.limits);
    this.#child = child;
    parts.log.begin();
    parts.log.follow(child.stderr);
    const reader = new FrameReader({
      accept: (announced) => this.#accept(announced),
      onFrame: (frame) => this.#frame(frame),
      onFault: ({ kind, id }, { message }) => {
        if (kind === KIND.reply) this.#settle(id, this.#fault(`its answer cannot be used: ${message}`, TELL));
        else this.#end(this.#fault(`it said what is no message: ${message}`, TELL));
      },
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#over) return;
      try {
        reader.push(chunk);
      } catch (error) {
        this.#end(error as AppError);
      }
    });
    for (const stream of [child.stdin, child.stdout]) stream.on('error', () => {});
    child.once('error', (error) => {
      this.#end(this.#fault(`it could not be started: ${error.message}`, AGAIN));
      this.#gone.resolve();
    });
    // After all that it said was read.
    child.once('close', (code, signal) => {
      const words = endWords(code, signal, { log: parts.log.lately, uncaught: this.#uncaught });
      this.#end(this.#fault(words, AGAIN));
      this.#gone.resolve();
    });
  }

  get isOver(): boolean {
    return this.#over !== null;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** @throws AppError plugin-failed, also where the plugin declines */
  async begin(): Promise<void> {
    const { main, facts, suites } = this.#parts;
    await this.#stage('alive', this.#limits.startMs, 'it could not be started');
    await this.#stage('ready', this.#limits.helloMs, 'it was not ready');
    const plugin = { id: facts.id, version: facts.version };
    void this.#send(KIND.word, 0, {
      ...{ is: 'activate', main, retake: RETAKE_VERSION, plugin, suites },
    } satisfies HostWord);
    const { declines } = await this.#stage('activated', this.#limits.activateMs, 'it was not loaded');
    if (declines !== null) {
      const fault = this.#fault(`it declines to work here: ${declines}`, 'Look for another version of it.');
      void this.stop();
      throw fault;
    }
  }

  /** @throws Cancelled, AppError plugin-failed */
  async call({ on, of, name, args, signal, deadlineMs, onProgress, files }: Asked): Promise<unknown> {
    if (signal?.aborted) throw new Cancelled();
    if (this.#over) throw this.#over;
    const id = this.#nextId++;
    const parts = encodeFrame(KIND.call, id, { on, of, name, args } satisfies Called);
    const { promise, ...answer } = Promise.withResolvers<unknown>();
    const late = (ms: number, what: string) =>
      deadline(ms, () => this.#end(this.#fault(`${what} within ${seconds(ms)}`, AGAIN)));
    const inTime = late(deadlineMs, 'it did not answer');
    const waiting: Waiting = { answer, onProgress, files, inTime, ends: new AbortController() };
    this.#waiting.set(id, waiting);
    const giveUp = () => {
      waiting.answer = null;
      waiting.inTime();
      waiting.inTime = late(this.#limits.cancelMs, 'it did not stop what was given up');
      answer.reject(new Cancelled());
      void this.#send(KIND.word, 0, { is: 'cancel', id } satisfies HostWord);
    };
    signal?.addEventListener('abort', giveUp);
    void this.#write(parts);
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      waiting.ends.abort();
    }
  }

  /** Lets it end in order. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.stdin.end();
    const late = deadline(this.#limits.stopMs, () => this.#child.kill('SIGKILL'));
    await this.#gone.promise;
    late();
  }

  /** Whether bytes are kept, before they come. @throws AppError for what no honest process announces */
  #accept({ kind, id, json, arrays }: Announced): boolean {
    const within = (mostJson: number, mostArrays: number) => {
      if (json <= mostJson && arrays <= mostArrays) return;
      throw this.#fault(`it wants to say ${prettyBytes(json + arrays)} at once, which is too much`, TELL);
    };
    if (kind === KIND.reply) {
      within(this.#limits.answerJsonBytes, this.#limits.answerArrayBytes);
      const waiting = this.#waiting.get(id);
      if (!waiting) throw this.#fault('it answers what was not asked', TELL);
      if (waiting.answer === null) this.#drop(id, waiting);
      return waiting.answer !== null;
    }
    if (kind !== KIND.word && kind !== KIND.ask) throw this.#fault('it said what is no message', TELL);
    within(
      this.#limits.wordBytes,
      kind === KIND.ask && this.#parts.broker.mayWrite ? this.#limits.fileBytes : 0,
    );
    const now = performance.now();
    const fresh = ((now - this.#wordsAt) / 1000) * this.#limits.wordsPerSecond;
    this.#words = Math.min(this.#limits.wordsAtOnce, this.#words + fresh) - 1;
    this.#wordsAt = now;
    if (this.#words < 0) throw this.#fault('it sends messages without end', TELL);
    return true;
  }

  #drop(id: number, waiting: Waiting): void {
    this.#dropped += 1;
    waiting.inTime();
    this.#waiting.delete(id);
  }

  #frame({ kind, id, value }: Frame): void {
    if (this.#over) return;
    if (kind === KIND.reply) {
      const read = answered.safeParse(value);
      if (!read.success) this.#settle(id, this.#fault('its answer is no answer', TELL));
      else if (read.data.ok) this.#settle(id, null, read.data.value);
      else this.#settle(id, this.#fault(oneLine(read.data.text), TELL));
    } else if (kind === KIND.ask) this.#asked(id, value);
    else this.#said(value);
  }

  #settle(id: number, error: AppError | null, value?: unknown): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    waiting.inTime();
    if (error) waiting.answer?.reject(error);
    else waiting.answer?.resolve(value);
  }

  #said(value: unknown): void {
    const read = childWord.safeParse(value);
    if (!read.success) {
      this.#end(this.#fault('it said what is no message', TELL));
      return;
    }
    const word = read.data;
    if (word.is === 'progress') {
      const waiting = this.#waiting.get(word.id);
      if (waiting?.answer) waiting.onProgress?.(Math.min(1, Math.max(0, word.done)));
    } else if (word.is === 'uncaught') this.#uncaught = oneLine(word.text);
    else if (word.is === 'unusable')
      this.#end(this.#fault(`it cannot be loaded: ${oneLine(word.text)}`, TELL));
    else this.#stages[word.is].resolve(word);
  }

  #asked(id: number, value: unknown): void {
    const read = ask.safeParse(value);
    const waiting = read.success ? this.#waiting.get(read.data.call) : undefined;
    const answer = (what: Answered) => {
      try {
        void this.#send(KIND.answer, id, what);
      } catch {
        void this.#send(KIND.answer, id, { ok: false, text: 'it cannot be sent' });
      }
    };
    if (!read.success || !waiting?.answer) answer({ ok: false, text: 'nothing is asked of the plugin now' });
    else if (this.#asks >= this.#limits.asksAtOnce)
      answer({ ok: false, text: `ask for ${this.#limits.asksAtOnce} things at once at most` });
    else {
      this.#asks += 1;
      this.#parts.broker
        .ask(read.data, waiting.files ?? {}, waiting.ends.signal)
        .then(
          (given) => answer({ ok: true, value: given }),
          (error: unknown) =>
            answer({ ok: false, text: error instanceof Error ? error.message : String(error) }),
        )
        .finally(() => {
          this.#asks -= 1;
        });
    }
  }

  /** @throws AppError when it ends before, or is late */
  async #stage<S extends Stage>(is: S, ms: number, what: string): Promise<Extract<ChildWord, { is: S }>> {
    const inTime = deadline(ms, () => this.#end(this.#fault(`${what} within ${seconds(ms)}`, AGAIN)));
    try {
      return (await this.#stages[is].promise) as never;
    } finally {
      inTime();
    }
  }

  #fault(message: string, hint: string): AppError {
    return pluginFault(this.#parts.facts, message, hint);
  }

  /** Over, whatever the process thinks of it. */
  #end(fault: AppError): void {
    if (this.#over) return;
    this.#over = fault;
    this.#child.kill('SIGKILL');
    // What it says now is read by nobody, and kept by nobody.
    this.#child.stdout.destroy();
    this.#child.stdin.destroy();
    for (const { promise, reject } of Object.values(this.#stages)) {
      promise.catch(() => {});
      reject(fault);
    }
    for (const [id] of this.#waiting) this.#settle(id, fault);
    if (!this.#stopping) this.onFault(fault);
  }

  #send(kind: Kind, id: number, value: unknown): Promise<void> {
    return this.#write(encodeFrame(kind, id, value));
  }

  #writing: Promise<void> = Promise.resolve();

  /** One frame after the other, as fast as they are taken. What cannot be written is told by the end. */
  #write(parts: readonly Uint8Array[]): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const { stdin } = this.#child;
      if (this.#over || !stdin.writable) return;
      stdin.cork();
      const taken = parts.map((part) => stdin.write(part)).every(Boolean);
      stdin.uncork();
      if (!taken) await free(stdin);
    });
    return this.#writing;
  }
}

/** When it takes more again, or never will. */
function free(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}

function oneLine(text: string): string {
  return (
    text
      .replace(/\s+/g, ' ')
      .replace(/\p{Cc}/gu, '')
      .trim()
      .slice(0, 300) || 'it says nothing of it'
  );
}
