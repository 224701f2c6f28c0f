/** The one window: how it looks before the page does, and how it closes without losing work. */
import { join } from 'node:path';
import { BrowserWindow, screen } from 'electron';
import { denyNavigation, denyPeerConnections } from './security.ts';

/** How long the page may take to write what is unsaved. */
const FLUSH_MS = 15_000;

export interface WindowOptions {
  readonly url: string;
  /** Given to the page as the prefix of previews; null where they lie beside the page. */
  readonly mediaRoot: string | null;
  /** Address of panels, their host a star. */
  readonly panelRoot: string;
  readonly onPageGone: (reason: string) => void;
  readonly onEscape: () => void;
}

export function openWindow({
  url,
  mediaRoot,
  panelRoot,
  onPageGone,
  onEscape,
}: WindowOptions): BrowserWindow {
  const { width, height } = screen.getPrimaryDisplay().workAreaSize;
  const window = new BrowserWindow({
    width: Math.min(1600, width),
    height: Math.min(1000, height),
    minWidth: 960,
    minHeight: 600,
    show: false,
    backgroundColor: '#16181d',
    title: 'Retake',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
      additionalArguments: [
        `--retake-panels=${panelRoot}`,
        ...(mediaRoot === null ? [] : [`--retake-media=${mediaRoot}`]),
      ],
    },
  });
  denyNavigation(window.webContents);
  denyPeerConnections(window.webContents);
  window.once('ready-to-show', () => window.show());
  // The shell writes the title; the page's own <title> would race with it.
  window.on('page-title-updated', (event) => event.preventDefault());
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return;
    onPageGone(reason);
    window.webContents.reload();
  });
  // Here no page can keep it back: a panel has a process of its own, and the keys as long as it is let.
  window.webContents.on('before-input-event', (_event, { type, key, isComposing }) => {
    if (type === 'keyDown' && key === 'Escape' && !isComposing) onEscape();
  });
  void window.loadURL(url);
  return window;
}

export interface Closing {
  /** The page's answer to "write what is unsaved". */
  readonly onFlushed: (error: string | null) => void;
}

export interface ClosingSteps {
  /** Asks the page to write what is unsaved. */
  readonly askToFlush: () => void;
  /** True when the window may close although saving failed. */
  readonly closeUnsaved: (why: string) => Promise<boolean>;
  /** What is left to do when the page has written everything. */
  readonly finish: () => Promise<void>;
}

/** Lets the window close only when the page has written what is unsaved, or the artist does not mind. */
export function closeWithCare(window: BrowserWindow, steps: ClosingSteps): Closing {
  let flushed: ((error: string | null) => void) | null = null;
  const close = async () => {
    const error = await new Promise<string | null>((resolve) => {
      const late = setTimeout(() => resolve('The window does not answer.'), FLUSH_MS);
      flushed = (answer) => {
        clearTimeout(late);
        resolve(answer);
      };
      if (window.webContents.isCrashed()) resolve(null);
      else steps.askToFlush();
    });
    if (error !== null && !(await steps.closeUnsaved(error))) return;
    // Nothing is left to be seen while the engine lets go.
    window.hide();
    await steps.finish();
    window.destroy();
  };
  let busy = false;
  window.on('close', (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    void close().finally(() => {
      busy = false;
    });
  });
  return { onFlushed: (error) => flushed?.(error) };
}
