/**
 * The frame of a panel: it is given a port once, when its page is there, and nothing else. Its origin is none, so it is known
 * by its window, not by what it says of itself. It may stop at any time; the window never waits for it.
 */
import type { PanelEntry } from '../../common/contract/panels.ts';
import { UI_SUITE, type UiCommand } from '../../common/plugins/ui-v1.ts';
import { panelRequests } from '../actions/panel-requests.ts';
import { panelUrl } from '../engine.ts';
import { marksOf, onAnyChange, readFor } from './reads.ts';
import { openSession, type Port, type Session } from './session.ts';
import { onTheme, themeOfWindow } from './theme.ts';

/** Until its first word; a page that says nothing is not there. */
const START_MS = 10_000;
/** Of messages to the window itself, which is nobody's way. */
const MOST_ASTRAY = 20;
/** So long Chromium remembers that somebody acted. */
const ACTIVE_MS = 5000;
/** After Tab the keys may be meant for it. */
const TAB_MS = 500;

export interface FrameEvents {
  onReady(): void;
  onHeight(pixels: number): void;
  onStopped(why: string): void;
  allows(command: UiCommand): Promise<boolean>;
}

/** Loads the panel into an empty frame; returns what ends it. */
export function startPanel(frame: HTMLIFrameElement, panel: PanelEntry, events: FrameEvents): () => void {
  const running = new AbortController();
  const { signal } = running;
  const leave = keepKeys(frame, signal);
  let session: Session | null = null;
  const end = () => {
    running.abort();
    session?.close();
  };
  const stop = (why: string) => {
    if (signal.aborted) return;
    end();
    events.onStopped(why);
  };
  const late = setTimeout(() => stop('It did not start'), START_MS);
  signal.addEventListener('abort', () => clearTimeout(late));

  const open = (page: Window) => {
    const { port1, port2 } = new MessageChannel();
    const opened = openSession(portOf(port1), {
      ...{ reads: panel.reads, commands: panel.commands, allows: events.allows },
      ...{ read: readFor, marks: marksOf, onChange: onAnyChange, now: () => performance.now() },
      run: (command, input) => panelRequests[command](input as never),
      onHeight: events.onHeight,
      onLeave: leave,
      onStopped: stop,
      onFirst() {
        clearTimeout(late);
        events.onReady();
      },
    });
    session = opened;
    page.postMessage({ retake: UI_SUITE }, '*', [port2]);
    opened.say({
      ...{ say: 'hello', suite: UI_SUITE, panel: panel.id.split('/').at(-1) ?? '', language: 'en' },
      ...{ theme: themeOfWindow(), reads: [...panel.reads], commands: [...panel.commands] },
    });
    signal.addEventListener(
      'abort',
      onTheme(() => opened.say({ say: 'theme', theme: themeOfWindow() })),
    );
  };

  frame.addEventListener(
    'load',
    () => {
      if (session) stop('It left its page');
      else if (frame.contentWindow) open(frame.contentWindow);
    },
    { signal },
  );
  let astray = 0;
  window.addEventListener(
    'message',
    ({ source }) => {
      if (source !== null && source === frame.contentWindow && ++astray > MOST_ASTRAY)
        stop('It sent messages past its port');
    },
    { signal },
  );
  frame.src = panelUrl(panel.host, panel.entry);
  return end;
}

function portOf(port: MessagePort): Port {
  return {
    send: (message) => port.postMessage(message),
    listen(handler) {
      port.onmessage = ({ data }) => handler(data);
    },
    close() {
      // Those that are on their way are heard by nobody.
      port.onmessage = null;
      port.close();
    },
  };
}

function afterNextPicture(then: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(then));
}

/**
 * It has the keys where the artist clicked it or came to it by Tab, and not because it took them.
 * @returns what gives them back to where they were
 */
function keepKeys(frame: HTMLIFrameElement, signal: AbortSignal): () => void {
  /** When the window itself was pressed or typed into, and when that was Tab. */
  let [touched, tabbed] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let before: Element | null = document.activeElement;
  const giveBack = () => {
    frame.blur();
    window.focus();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  };
  const capture = { signal, capture: true };
  const touch = (event: Event) => {
    touched = performance.now();
    if (event instanceof KeyboardEvent && event.key === 'Tab') tabbed = touched;
  };
  window.addEventListener('keydown', touch, capture);
  window.addEventListener('pointerdown', touch, capture);
  /** Somebody acted a moment ago, and not in the window itself: a click in a frame is one in the window that holds it. */
  const isClickedInside = () => navigator.userActivation.isActive && performance.now() - touched > ACTIVE_MS;
  window.addEventListener(
    'focusin',
    ({ target }) => {
      if (target instanceof Element && target !== frame) before = target;
    },
    capture,
  );
  window.addEventListener(
    'blur',
    ({ target }) => {
      // Of the window alone; and where another program has the keys now, that is none of ours.
      if (target !== window || !document.hasFocus()) return;
      const isAsked = isClickedInside() || performance.now() - tabbed < TAB_MS;
      // The pointer's own way here is told with the next picture.
      afterNextPicture(() => {
        if (!isAsked && !document.querySelector('iframe:hover') && !signal.aborted) giveBack();
      });
    },
    { signal },
  );
  return giveBack;
}
