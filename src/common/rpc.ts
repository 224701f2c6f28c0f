/**
 * Calls and events over any pair of message ports: a forked process, an Electron utility process, a MessagePort.
 * The engine serves (its serve.ts), everybody else calls; events flow from the engine to callers only.
 */
import { z } from 'zod';
import { CONTRACT_VERSION, RETAKE_VERSION } from './contract/version.ts';
import { fromWire, type WireError } from './errors.ts';

export interface Transport {
  send(message: unknown): void;
  onMessage(handler: (message: unknown) => void): void;
  /** Called once when the other side is gone. */
  onClose(handler: (why: Error) => void): void;
}

const id = z.int().min(0);

/** What callers send; checked before anything of it is used. The first is a `hello`. */
export const fromCaller = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), contract: z.int(), retake: z.string().max(100) }),
  z.object({ type: z.literal('call'), id, name: z.string(), input: z.unknown() }),
  z.object({ type: z.literal('cancel'), id }),
]);
export type FromCaller = z.infer<typeof fromCaller>;

const fromEngine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('result'), id, value: z.unknown() }),
  z.object({ type: z.literal('error'), id, error: z.custom<WireError>((one) => one instanceof Object) }),
  z.object({ type: z.literal('event'), event: z.unknown() }),
]);
export type FromEngine = z.infer<typeof fromEngine>;

/** Name of a call → its input and output. */
export type CallMap = Record<string, { input: unknown; output: unknown }>;

/** The part of AbortSignal that is used; pure code has no platform's type for it. */
interface CallSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface Client<Calls extends CallMap, Event> {
  /** A call given up by its signal ends as Cancelled once the engine has stopped, unless it was done by then. */
  call<Name extends keyof Calls & string>(
    name: Name,
    input: Calls[Name]['input'],
    options?: { readonly signal?: CallSignal },
  ): Promise<Calls[Name]['output']>;
  /** Returns the function that ends the subscription. */
  onEvent(listener: (event: Event) => void): () => void;
}

export function createClient<Calls extends CallMap, Event>(transport: Transport): Client<Calls, Event> {
  const pending = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  const listeners = new Set<(event: Event) => void>();
  let nextId = 1;
  let closed: Error | null = null;
  const send = (message: FromCaller) => transport.send(message);

  transport.onMessage((raw) => {
    const checked = fromEngine.safeParse(raw);
    // Nothing of ours: whoever waits for an answer hears of the engine's end another way.
    if (!checked.success) return;
    const message = checked.data;
    if (message.type === 'event') {
      for (const listener of listeners) listener(message.event as Event);
      return;
    }
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (message.type === 'result') waiting?.resolve(message.value as never);
    else waiting?.reject(fromWire(message.error));
  });
  transport.onClose((why) => {
    closed = why;
    for (const waiting of pending.values()) waiting.reject(why);
    pending.clear();
  });
  send({ type: 'hello', contract: CONTRACT_VERSION, retake: RETAKE_VERSION });

  return {
    call(name, input, { signal } = {}) {
      if (closed) return Promise.reject(closed);
      const id = nextId++;
      const giveUp = () => send({ type: 'cancel', id });
      const answer = new Promise<never>((resolve, reject) => {
        pending.set(id, { resolve, reject });
        send({ type: 'call', id, name, input });
      });
      if (signal?.aborted) giveUp();
      else signal?.addEventListener('abort', giveUp);
      return answer.finally(() => signal?.removeEventListener('abort', giveUp));
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
