/** A session that is opened when it is first run and may be let go in between. */
import pLimit from 'p-limit';
import { assert, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import type { Feed, RunTensor, Session } from '../onnx/ort.ts';
import type { Runner } from './role.ts';

export class LazySession implements Runner {
  readonly #create: () => Promise<Session>;
  readonly #signal: CancelSignal | undefined;
  /** Runs, openings and releases come one after the other; the runtime itself does no two at once. */
  readonly #inTurn = pLimit(1);
  #session: Session | null = null;
  #secondsBefore = 0;
  #opened = 0;
  #closed = false;

  /** @param signal once aborted, no session is opened any more */
  constructor(create: () => Promise<Session>, signal?: CancelSignal) {
    this.#create = create;
    this.#signal = signal;
  }

  /** How often it was opened. */
  get opened(): number {
    return this.#opened;
  }

  get isOpen(): boolean {
    return this.#session !== null;
  }

  /** Wall seconds inside bare runs, of all its sessions. */
  get runSeconds(): number {
    return this.#secondsBefore + (this.#session?.runSeconds ?? 0);
  }

  /** @throws Cancelled, AppError as createSession and Session.run; an opening that failed is tried again by the next run */
  run(feeds: Readonly<Record<string, Feed>>, fetches: readonly string[]): Promise<Record<string, RunTensor>> {
    return this.#inTurn(async () => (await this.#open()).run(feeds, fetches));
  }

  /** Opens it now. @throws Cancelled, AppError as createSession */
  async open(): Promise<void> {
    await this.#inTurn(() => this.#open());
  }

  /** After what is running. The next run opens it again. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      const session = this.#session;
      if (!session) return;
      this.#secondsBefore += session.runSeconds;
      this.#session = null;
      await session.release();
    });
  }

  /** For good. */
  close(): Promise<void> {
    this.#closed = true;
    return this.release();
  }

  async #open(): Promise<Session> {
    if (this.#session) return this.#session;
    assert(!this.#closed, 'the model is closed');
    throwIfCancelled(this.#signal);
    const session = await this.#create();
    this.#opened += 1;
    if (this.#signal?.aborted || this.#closed) await session.release();
    throwIfCancelled(this.#signal);
    assert(!this.#closed, 'the model was closed while it was opened');
    this.#session = session;
    return session;
  }
}
