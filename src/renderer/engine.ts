/** The page's only door to the engine and the shell. */
import { type Bridge, ENGINE_PORT, type EngineState, type ShellBridge } from '../common/bridge.ts';
import type { Calls } from '../common/contract/contract.ts';
import type { Events } from '../common/contract/events.ts';
import { AppError } from '../common/errors.ts';
import { type Client, createClient, type Transport } from '../common/rpc.ts';

declare global {
  interface Window {
    retake?: Bridge;
  }
}

/** False in a plain browser, where nothing can be opened or rendered. */
export function hasEngine(): boolean {
  return window.retake !== undefined;
}

function bridge(): Bridge {
  if (window.retake) return window.retake;
  throw died(
    'this page runs outside the Retake application',
    'Start Retake from its icon or with npm run dev.',
  );
}

function died(message: string, hint: string): AppError {
  return new AppError('engine-died', message, { doing: 'asking the engine', hint });
}

interface Link {
  readonly client: Client<Calls, Events>;
  close(why: Error): void;
}

let link: Link | null = null;
let state: EngineState = 'starting';
let why: string | null = null;
let asked = false;
const onEvents = new Set<(event: Events) => void>();
const onStates = new Set<(state: EngineState, why: string | null) => void>();

/** Asks for the port once; it comes again by itself after every restart. */
function connect(): void {
  if (asked) return;
  asked = true;
  window.addEventListener('message', (event) => {
    const [port] = event.ports;
    if (event.source === window && event.data === ENGINE_PORT && port) adopt(port);
  });
  bridge().engine.onDown((now, reason) => {
    link?.close(died(`the engine stopped (${reason})`, 'It is started again by itself.'));
    link = null;
    become(now, reason);
  });
  bridge().engine.connect();
}

function adopt(port: MessagePort): void {
  link?.close(died('the engine was started again', 'Try again.'));
  link = linkOver(port);
  link.client.onEvent((event) => {
    for (const listener of onEvents) listener(event);
  });
  become('up', null);
}

function linkOver(port: MessagePort): Link {
  let close: (why: Error) => void = () => {};
  const transport: Transport = {
    send: (message) => port.postMessage(message),
    onMessage: (handler) => {
      port.onmessage = (event) => handler(event.data);
    },
    onClose: (handler) => {
      close = handler;
    },
  };
  const client = createClient<Calls, Events>(transport);
  return {
    client,
    close(reason) {
      port.close();
      close(reason);
    },
  };
}

function become(next: EngineState, reason: string | null): void {
  state = next;
  why = reason;
  for (const listener of onStates) listener(next, reason);
}

/** Waits while the engine starts; afterwards an engine that is down is an error at once. */
function connected(): Promise<Link> {
  connect();
  if (link) return Promise.resolve(link);
  if (state !== 'starting') {
    return Promise.reject(
      died(`the engine is not running${why ? ` (${why})` : ''}`, 'Try again in a moment.'),
    );
  }
  return new Promise((resolve, reject) => {
    const stop = onEngineState((now) => {
      if (now === 'starting') return;
      queueMicrotask(() => stop());
      if (link) resolve(link);
      else reject(died(`the engine does not start${why ? ` (${why})` : ''}`, ''));
    });
  });
}

/** Calls the engine; given up by its signal. @throws AppError with the engine's own code and hint; Cancelled when it was stopped */
export async function call<Name extends keyof Calls & string>(
  name: Name,
  input: Calls[Name]['input'],
  signal?: AbortSignal,
): Promise<Calls[Name]['output']> {
  return (await connected()).client.call(name, input, { signal });
}

export function onEngineEvent(listener: (event: Events) => void): () => void {
  connect();
  onEvents.add(listener);
  return () => onEvents.delete(listener);
}

/** Told at once what it is now, then every change; `why` is a line for the artist when it died. */
export function onEngineState(listener: (state: EngineState, why: string | null) => void): () => void {
  connect();
  onStates.add(listener);
  listener(state, why);
  return () => onStates.delete(listener);
}

export function shell(): ShellBridge {
  return bridge().shell;
}

export function platform(): string {
  return window.retake?.platform ?? 'browser';
}

/** Address of a preview file (ClipPreview.proxy, .thumbnails.sheet, .waveform.file). */
export function previewUrl(path: string): string {
  return `${bridge().mediaRoot}previews/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Address of a file of a panel. @param host of its plugin @param file as the manifest names it */
export function panelUrl(host: string, file: string): string {
  return `${bridge().panelRoot.replace('*', host)}${file.split('/').map(encodeURIComponent).join('/')}`;
}
