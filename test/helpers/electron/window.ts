/** BrowserWindow and webContents: one page of the browser, spoken to over the DevTools protocol. */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CDPSession, Frame, Page } from 'playwright';
import { browser } from './browser.ts';
import { makeCodec } from './codec.ts';
import { ipcMain } from './ipc.ts';
import { BINDING, DELIVER, type FromPage, preloadScript, type ToPage } from './page-side.ts';
import type { Port } from './ports.ts';
import { fromHttp, toHttp } from './scheme-server.ts';
import { session } from './small.ts';
import { home, lifecycle, windows } from './windows.ts';

const codec = makeCodec();
let nextId = 1;

interface WindowOptions {
  readonly width?: number;
  readonly height?: number;
  readonly show?: boolean;
  readonly title?: string;
  readonly webPreferences?: { readonly preload?: string; readonly additionalArguments?: readonly string[] };
}

interface DragItem {
  readonly file: string;
  readonly files: readonly string[];
  readonly icon: { isEmpty(): boolean };
}

/** Listeners of these events may prevent what is about to happen. */
function prevented(emitter: EventEmitter, name: string, details: object = {}, ...args: unknown[]): boolean {
  let answer = false;
  const event = {
    isMainFrame: true,
    ...details,
    preventDefault: () => {
      answer = true;
    },
  };
  emitter.emit(name, event, ...args);
  return answer;
}

/** Of the DevTools protocol, what is looked at. */
interface Paused {
  readonly requestId: string;
  readonly frameId: string;
  readonly request: { readonly url: string };
}
interface FrameTree {
  readonly frame: { readonly id: string; readonly parentId?: string; readonly url: string };
  readonly childFrames?: readonly FrameTree[];
}

/** Asks of every document that a target is about to load whether it is stopped. */
function onDocument(cdp: CDPSession, isStopped: (one: Paused) => Promise<boolean>): void {
  cdp.on('Fetch.requestPaused', (one) => {
    const { requestId } = one;
    isStopped(one)
      .then((stop) =>
        stop
          ? cdp.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' })
          : cdp.send('Fetch.continueRequest', { requestId }),
      )
      .catch(() => {});
  });
  cdp.send('Fetch.enable', { patterns: [{ resourceType: 'Document' }] }).catch(() => {});
}

function findFrame(tree: FrameTree, id: string): FrameTree | null {
  if (tree.frame.id === id) return tree;
  for (const child of tree.childFrames ?? []) {
    const found = findFrame(child, id);
    if (found) return found;
  }
  return null;
}

/** An address that the page is told as one that it can load here. */
async function argumentHere(argument: string): Promise<string> {
  const [, name, url] = /^(--[\w-]+=)([\w-]+:\/\/.*)$/.exec(argument) ?? [];
  return name && url ? `${name}${await toHttp(url)}` : argument;
}

export class WebContents extends EventEmitter {
  readonly id = nextId++;
  readonly session = session.defaultSession;
  webRtcPolicy: string | null = null;
  /** Drags that left the window, for a spec to look at. */
  readonly dragged: DragItem[] = [];
  readonly #window: BrowserWindow;
  readonly #ports = new Map<number, Port>();
  #cdp: CDPSession | null = null;
  #page: Page | null = null;
  #onOpen: (details: { url: string }) => { action: string } = () => ({ action: 'allow' });
  /** The address this process is loading itself, which no page may veto. */
  #loading: string | null = null;
  #crashed = false;

  constructor(window: BrowserWindow) {
    super();
    this.#window = window;
  }

  async attach(page: Page, { webPreferences }: WindowOptions): Promise<void> {
    this.#page = page;
    const cdp = await page.context().newCDPSession(page);
    this.#cdp = cdp;
    cdp.on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name === BINDING) void this.#hear(JSON.parse(payload) as FromPage);
    });
    const main = (await cdp.send('Page.getFrameTree')).frameTree.frame.id;
    onDocument(cdp, async ({ request, frameId }) => {
      const url = fromHttp(request.url);
      if (frameId === main) {
        const own = this.#loading === request.url || page.url() === request.url;
        return !own && prevented(this, 'will-navigate', {}, url);
      }
      const { frame } = findFrame((await cdp.send('Page.getFrameTree')).frameTree, frameId) ?? {};
      const parent = frame?.parentId === main ? { url: fromHttp(page.url()), parent: null } : {};
      const details = { url, isMainFrame: false, frame: frame ? { url: fromHttp(frame.url), parent } : null };
      return prevented(this, 'will-frame-navigate', details);
    });
    // A frame of another site is a target of its own, where its later navigations are heard.
    page.on('framenavigated', (frame) => {
      if (frame !== page.mainFrame()) void this.#follow(frame).catch(() => {});
    });
    page.on('download', (download) => {
      if (prevented(session.defaultSession, 'will-download')) void download.cancel().catch(() => {});
    });
    page.on('crash', () => {
      this.#crashed = true;
      this.emit('render-process-gone', {}, { reason: 'crashed' });
    });
    page.on('pageerror', (error) => console.error(`[page] ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) console.error(`[page] ${message.text()}`);
    });
    page.context().on('page', (other) => {
      if (other !== page && this.#onOpen({ url: other.url() }).action === 'deny') void other.close();
    });
    await cdp.send('Runtime.enable');
    await cdp.send('Page.enable');
    await cdp.send('Runtime.addBinding', { name: BINDING });
    const { preload, additionalArguments = [] } = webPreferences ?? {};
    if (!preload) return;
    const source = preloadScript(readFileSync(preload, 'utf8'), {
      argv: await Promise.all(additionalArguments.map(argumentHere)),
      platform: process.platform,
    });
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source });
  }

  async #follow(frame: Frame): Promise<void> {
    const cdp = await frame.page().context().newCDPSession(frame);
    onDocument(cdp, async ({ request }) => {
      const parent = { url: '', parent: frame.parentFrame() === frame.page().mainFrame() ? null : {} };
      const details = { url: fromHttp(request.url), isMainFrame: false };
      return prevented(this, 'will-frame-navigate', {
        ...details,
        frame: { url: fromHttp(frame.url()), parent },
      });
    });
  }

  async load(page: Page, url: string): Promise<void> {
    const address = await toHttp(url);
    this.#loading = address;
    await page.goto(address, { waitUntil: 'load' });
    this.#loading = null;
    this.emit('did-finish-load');
  }

  async #hear(message: FromPage): Promise<void> {
    if (message.kind === 'boot') return this.closePorts();
    if (message.kind === 'port') {
      return this.#ports.get(message.port)?.postMessage(codec.decode(message.data));
    }
    const event = {
      sender: this,
      senderFrame: { url: fromHttp(this.#page?.url() ?? ''), parent: null },
    };
    const args = codec.decode(message.args) as unknown[];
    if (message.kind === 'send') return void ipcMain.emit(message.channel, event, ...args);
    const { id, channel } = message;
    try {
      this.#tell({ kind: 'answer', id, value: codec.encode(await ipcMain.answer(channel, event, args)) });
    } catch (error) {
      this.#tell({ kind: 'failure', id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  #tell(message: ToPage): void {
    // A page on its way out does not listen any more.
    this.#cdp
      ?.send('Runtime.evaluate', { expression: `globalThis.${DELIVER}?.(${JSON.stringify(message)})` })
      .catch(() => {});
  }

  send(channel: string, ...args: unknown[]): void {
    this.#tell({ kind: 'message', channel, args: codec.encode(args), ports: [] });
  }

  postMessage(channel: string, message: unknown, transfer: readonly Port[] = []): void {
    const ports = transfer.map((port) => port.id);
    this.#tell({ kind: 'message', channel, args: codec.encode([message]), ports });
    for (const port of transfer) {
      this.#ports.set(port.id, port);
      port.transfer(
        (data) => this.#tell({ kind: 'port', port: port.id, data: codec.encode(data) }),
        () => this.#ports.delete(port.id),
      );
    }
  }

  /** A document that is gone holds no ports. */
  closePorts(): void {
    for (const port of this.#ports.values()) port.close();
    this.#ports.clear();
  }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.#onOpen = handler;
  }

  setWebRTCIPHandlingPolicy(policy: string): void {
    this.webRtcPolicy = policy;
  }

  startDrag(item: DragItem): void {
    // As the real one does.
    if (item.icon.isEmpty()) throw new Error('startDrag wants an icon');
    this.dragged.push(item);
  }

  /** As keys that are pressed, of which Playwright's tell the shell nothing. */
  sendInputEvent({ type, keyCode }: { type: 'keyDown' | 'keyUp'; keyCode: string }): void {
    if (prevented(this, 'before-input-event', {}, { type, key: keyCode, isComposing: false })) return;
    void this.#page?.keyboard[type === 'keyDown' ? 'down' : 'up'](keyCode).catch(() => {});
  }

  isDestroyed(): boolean {
    return this.#window.isDestroyed();
  }

  isCrashed(): boolean {
    return this.#crashed;
  }

  getURL(): string {
    return fromHttp(this.#page?.url() ?? '');
  }

  reload(): void {
    this.#crashed = false;
    void this.#page?.reload().catch(() => {});
  }
}

export class BrowserWindow extends EventEmitter {
  readonly id = nextId++;
  readonly webContents: WebContents;
  readonly #page: Promise<Page>;
  #title: string;
  #visible: boolean;
  #full = false;
  #destroyed = false;

  static getAllWindows(): BrowserWindow[] {
    return [...windows] as BrowserWindow[];
  }

  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.getAllWindows()[0] ?? null;
  }

  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((one) => one.webContents === contents) ?? null;
  }

  constructor(options: WindowOptions = {}) {
    super();
    this.#title = options.title ?? '';
    this.#visible = options.show !== false;
    this.webContents = new WebContents(this);
    windows.add(this);
    this.#page = this.#open(options);
  }

  async #open(options: WindowOptions): Promise<Page> {
    // Whoever made the window says first what its page may do.
    await null;
    const context = await browser(join(home, 'chromium'), this.webContents.webRtcPolicy);
    const page = await context.newPage();
    await page.setViewportSize({ width: options.width ?? 800, height: options.height ?? 600 });
    page.on('close', () => this.#gone());
    await this.webContents.attach(page, options);
    return page;
  }

  async loadURL(url: string): Promise<void> {
    await this.webContents.load(await this.#page, url);
    this.emit('ready-to-show');
  }

  #gone(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    windows.delete(this);
    this.webContents.closePorts();
    this.webContents.emit('destroyed');
    this.emit('closed');
    if (windows.size === 0) lifecycle.emit('all-closed');
  }

  close(): void {
    if (!prevented(this, 'close')) this.destroy();
  }

  destroy(): void {
    this.#gone();
    void this.#page.then((page) => page.close()).catch(() => {});
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  show(): void {
    this.#visible = true;
  }

  hide(): void {
    this.#visible = false;
  }

  isVisible(): boolean {
    return this.#visible;
  }

  focus(): void {
    this.emit('focus');
  }

  isMinimized(): boolean {
    return false;
  }

  restore(): void {}

  setFullScreen(on: boolean): void {
    this.#full = on;
  }

  isFullScreen(): boolean {
    return this.#full;
  }

  setTitle(title: string): void {
    this.#title = title;
  }

  getTitle(): string {
    return this.#title;
  }

  setRepresentedFilename(): void {}
}
