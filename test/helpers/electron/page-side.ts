/**
 * What a sandboxed preload finds: `require('electron')` and a small `process`. The function's own source text runs in
 * the page before any of its scripts, so it may use nothing from outside itself.
 */
import { type Codec, makeCodec } from './codec.ts';

/** Name of the CDP binding; taken off the page's globals before its scripts run. */
export const BINDING = '__electronDouble';
/** Page function through which the main process speaks; kept out of enumeration. */
export const DELIVER = '__electronDoubleDeliver';

/** Page → main. */
export type FromPage =
  | { readonly kind: 'boot' }
  | { readonly kind: 'send'; readonly channel: string; readonly args: string }
  | { readonly kind: 'invoke'; readonly id: number; readonly channel: string; readonly args: string }
  | { readonly kind: 'port'; readonly port: number; readonly data: string };

/** Main → page. */
export type ToPage =
  | {
      readonly kind: 'message';
      readonly channel: string;
      readonly args: string;
      readonly ports: readonly number[];
    }
  | { readonly kind: 'answer'; readonly id: number; readonly value: string }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string }
  | { readonly kind: 'port'; readonly port: number; readonly data: string };

interface PageFacts {
  readonly binding: string;
  readonly deliver: string;
  readonly argv: readonly string[];
  readonly platform: string;
}

type Listener = (event: object, ...args: unknown[]) => void;

function electronOfPage(codec: Codec, facts: PageFacts): { electron: object; process: object } {
  const world = globalThis as unknown as Record<string, unknown>;
  const native = world[facts.binding] as (text: string) => void;
  delete world[facts.binding];
  const post = (message: FromPage) => native(JSON.stringify(message));
  const listeners = new Map<string, Listener[]>();
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const ports = new Map<number, MessagePort>();
  let nextId = 1;

  const openPort = (id: number): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => post({ kind: 'port', port: id, data: codec.encode(data) });
    ports.set(id, port1);
    return port2;
  };

  Object.defineProperty(world, facts.deliver, {
    value: (message: ToPage) => {
      if (message.kind === 'port') {
        ports.get(message.port)?.postMessage(codec.decode(message.data));
      } else if (message.kind === 'message') {
        const event = { sender: ipcRenderer, ports: message.ports.map(openPort) };
        const args = codec.decode(message.args) as unknown[];
        for (const listener of [...(listeners.get(message.channel) ?? [])]) listener(event, ...args);
      } else {
        const call = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.kind === 'answer') call?.resolve(codec.decode(message.value));
        else call?.reject(new Error(message.message));
      }
    },
  });

  const ipcRenderer = {
    on(channel: string, listener: Listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
      return ipcRenderer;
    },
    removeListener(channel: string, listener: Listener) {
      listeners.set(
        channel,
        (listeners.get(channel) ?? []).filter((one) => one !== listener),
      );
      return ipcRenderer;
    },
    send: (channel: string, ...args: unknown[]) => post({ kind: 'send', channel, args: codec.encode(args) }),
    invoke: (channel: string, ...args: unknown[]) => {
      const id = nextId++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        post({ kind: 'invoke', id, channel, args: codec.encode(args) });
      });
    },
  };

  /** As contextBridge does: values are copied, functions wrapped, and an error keeps its message only. */
  const crossed = (value: unknown): unknown => {
    if (typeof value === 'function') {
      return (...args: unknown[]) => {
        const result = value(...args.map(crossed));
        if (!(result instanceof Promise)) return crossed(result);
        return result.then(crossed, (error: unknown) => {
          throw new Error(error instanceof Error ? error.message : String(error));
        });
      };
    }
    if (typeof value === 'symbol') throw new Error('a symbol cannot cross the bridge');
    if (value === null || typeof value !== 'object') return value;
    if (value instanceof Promise) return value.then(crossed);
    if (Array.isArray(value)) return value.map(crossed);
    if (value instanceof Blob) return value;
    if (Object.getPrototypeOf(value) !== Object.prototype) return structuredClone(value);
    return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, crossed(one)])));
  };

  const contextBridge = {
    exposeInMainWorld(name: string, api: unknown) {
      Object.defineProperty(world, name, { value: crossed(api), enumerable: true });
    },
  };
  // A spec that drops a file says here where it lies, for a page cannot know.
  const webUtils = {
    getPathForFile: (file: File) =>
      (world.droppedPaths as Record<string, string> | undefined)?.[file.name] ?? '',
  };
  post({ kind: 'boot' });
  return {
    electron: { contextBridge, ipcRenderer, webUtils },
    process: Object.freeze({ platform: facts.platform, argv: facts.argv, sandboxed: true, type: 'renderer' }),
  };
}

/** The script that runs first in every document of the window: the preload with all it needs. */
export function preloadScript(preload: string, facts: Pick<PageFacts, 'argv' | 'platform'>): string {
  const all: PageFacts = { ...facts, binding: BINDING, deliver: DELIVER };
  return `(() => {
    if (window !== window.top || !('${BINDING}' in globalThis)) return;
    const codec = (${makeCodec})();
    const { electron, process } = (${electronOfPage})(codec, ${JSON.stringify(all)});
    const require = (name) => {
      if (name === 'electron') return electron;
      throw new Error('module not found: ' + name);
    };
    const module = { exports: {} };
    (function (require, module, exports, process) {
      ${preload}
    })(require, module, module.exports, process);
  })();`;
}
