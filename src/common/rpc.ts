/**
 * Calls and events over any pair of message ports: a forked process, an Electron utility process, a MessagePort.
 * One side serves, the other calls; events flow from server to caller only.
 */
import { fromWire, toWire, type WireError } from './errors.ts';

export interface Transport {
  send(message: unknown): void;
  onMessage(handler: (message: unknown) => void): void;
  /** Called once when the other side is gone. */
  onClose(handler: (why: Error) => void): void;
}

type Wire =
  | { readonly type: 'call'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: WireError }
  | { readonly type: 'event'; readonly event: unknown };

/** Name of a call → its input and output. */
export type CallMap = Record<string, { input: unknown; output: unknown }>;

export interface Client<Calls extends CallMap, Event> {
  call<Name extends keyof Calls & string>(
    name: Name,
    input: Calls[Name]['input'],
  ): Promise<Calls[Name]['output']>;
  /** Returns the function that ends the subscription. */
  onEvent(listener: (event: Event) => void): () => void;
}

export function createClient<Calls extends CallMap, Event>(transport: Transport): Client<Calls, Event> {
  const pending = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  const listeners = new Set<(event: Event) => void>();
  let nextId = 1;
  let closed: Error | null = null;

  transport.onMessage((raw) => {
    const message = raw as Wire;
    if (message.type === 'event') {
      for (const listener of listeners) listener(message.event as Event);
      return;
    }
    if (message.type === 'call') return;
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

  return {
    call(name, input) {
      if (closed) return Promise.reject(closed);
      const id = nextId++;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        transport.send({ type: 'call', id, name, input } satisfies Wire);
      });
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export type Handlers<Calls extends CallMap> = {
  [Name in keyof Calls]: (input: Calls[Name]['input']) => Promise<Calls[Name]['output']>;
};

/** Answers calls until the transport closes; returns the function that sends an event. */
export function serve<Calls extends CallMap, Event>(
  transport: Transport,
  handlers: Handlers<Calls>,
): (event: Event) => void {
  transport.onMessage((raw) => {
    const message = raw as Wire;
    if (message.type !== 'call') return;
    const { id, name, input } = message;
    const handler = Object.hasOwn(handlers, name) ? handlers[name as keyof Calls] : undefined;
    const answer = handler
      ? Promise.resolve().then(() => handler(input as never))
      : Promise.reject(new Error(`no such call: ${name}`));
    answer.then(
      (value) => transport.send({ type: 'result', id, value } satisfies Wire),
      (error) => transport.send({ type: 'error', id, error: toWire(error) } satisfies Wire),
    );
  });
  return (event) => transport.send({ type: 'event', event } satisfies Wire);
}
