/** The plugin's own functions, and what they are given beside their arguments. */
import type { Answered, Ask, Called, ChildWord, HostWord } from './messages.ts';
import { KIND, type Kind, WireFault } from './wire.ts';

/** Last argument of every function of a plugin in a process. */
interface CallContext {
  /** Aborts when the host gives the call up; what is answered then is dropped. */
  readonly signal: AbortSignal;
  /** @param done 0 to 1 */
  progress(done: number): void;
  /** With the permission "network": one answer of one of its hosts. Redirects are not followed. */
  fetch(url: string, options?: object): Promise<unknown>;
  /** With the permission "read": a file that the artist has picked for this call, by its name. */
  read(name: string): Promise<unknown>;
  /** With the permission "write": likewise, as a whole. */
  write(name: string, data: string | Uint8Array): Promise<unknown>;
}

/** Progress goes out this often at most. */
const PROGRESS_MS = 100;

export class Calls {
  readonly #send: (kind: Kind, id: number, value: unknown) => void;
  readonly #running = new Map<number, AbortController>();
  readonly #asked = new Map<number, (answered: Answered) => void>();
  #plugin: Record<string, Record<string, unknown>> = {};
  #nextAsk = 1;

  constructor(send: (kind: Kind, id: number, value: unknown) => void) {
    this.#send = send;
  }

  async activate({ main, ...host }: Extract<HostWord, { is: 'activate' }>): Promise<ChildWord> {
    const loaded = (await import(main)) as { default?: unknown };
    const plugin = loaded.default as { activate?: (host: object) => unknown } | undefined;
    if (typeof plugin !== 'object' || plugin === null) throw new Error('its file has no default export');
    const { retake, suites, plugin: self } = host;
    const answer = (await plugin.activate?.(deepFreeze({ retake, suites, plugin: self }))) as
      | { declines?: unknown }
      | undefined;
    this.#plugin = plugin as Record<string, Record<string, unknown>>;
    const declines = answer?.declines;
    return { is: 'activated', declines: declines === undefined ? null : String(declines) };
  }

  async run(id: number, { on, of, name, args }: Called): Promise<void> {
    const abort = new AbortController();
    this.#running.set(id, abort);
    let answered: Answered;
    try {
      const owner = this.#plugin[on]?.[of];
      const one =
        typeof owner === 'function' ? owner : (owner as Record<string, unknown> | undefined)?.[name];
      if (typeof one !== 'function') throw new Error(`it has no ${on}.${of}.${name}`);
      const value: unknown = await one.apply(owner, [...deepFreeze(args), this.#context(id, abort.signal)]);
      answered = { ok: true, value };
    } catch (error) {
      answered = { ok: false, text: words(error) };
    }
    this.#running.delete(id);
    try {
      this.#send(KIND.reply, id, answered);
    } catch (error) {
      const text = error instanceof WireFault ? `its answer cannot be sent: ${error.message}` : words(error);
      this.#send(KIND.reply, id, { ok: false, text });
    }
  }

  cancel(id: number): void {
    this.#running.get(id)?.abort();
  }

  answer(id: number, answered: Answered): void {
    const waiting = this.#asked.get(id);
    this.#asked.delete(id);
    waiting?.(answered);
  }

  #context(call: number, signal: AbortSignal): CallContext {
    let told = Number.NEGATIVE_INFINITY;
    return {
      signal,
      progress: (done) => {
        const now = performance.now();
        if (now - told < PROGRESS_MS || !this.#running.has(call)) return;
        told = now;
        this.#send(KIND.word, 0, { is: 'progress', id: call, done: Number(done) } satisfies ChildWord);
      },
      fetch: (url, options = {}) =>
        this.#ask({ call, what: 'fetch', input: { ...options, url: String(url) } }),
      read: (name) => this.#ask({ call, what: 'read', input: { name } }),
      write: (name, data) => this.#ask({ call, what: 'write', input: { name, data } }),
    };
  }

  #ask(ask: Ask): Promise<unknown> {
    const id = this.#nextAsk++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, (answered) =>
        answered.ok ? resolve(answered.value) : reject(new Error(answered.text)),
      );
      this.#send(KIND.ask, id, ask);
    });
  }
}

/** What is given is nobody's to change; arrays of numbers cannot be frozen and are the call's own. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const one of Object.values(value)) deepFreeze(one);
  return Object.freeze(value);
}

/** One line, for people. */
export function words(error: unknown): string {
  let text: string;
  try {
    text = error instanceof Error ? `${error.message}` : `${error}`;
  } catch {
    text = 'an error that cannot be told';
  }
  return text.slice(0, 500);
}
