/**
 * The frame of a panel: it is given a port once, when its page is there, and nothing else. Its origin is none, so it is known
 * by its window, not by what it says of itself. It may stop at any time; the window never waits for it.
 */
import type { PanelEntry } from '../../common/contract/panels.ts';
import { UI_SUITE, type UiCommand } from '../../common/plugins/ui-v1.ts';
import { refuse } from '../../common/project/edits.ts';
import { panelRequests } from '../actions/panel-requests.ts';
import { panelUrl } from '../engine.ts';
import { keepKeys } from './keys.ts';
import { marksOf, onAnyChange, readFor } from './reads.ts';
import { openSession, type Port, type Session } from './session.ts';
import { onTheme, themeOfWindow } from './theme.ts';

/** Until its first word; a page that says nothing is not there. */
const START_MS = 10_000;
/** Of messages to the window itself, which is nobody's way. */
const MOST_ASTRAY = 20;

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
  const keys = keepKeys(frame, signal, () => stop('It took the keys again and again'));
  const late = setTimeout(() => stop('It did not start'), START_MS);
  signal.addEventListener('abort', () => clearTimeout(late));

  const open = (page: Window) => {
    const { port1, port2 } = new MessageChannel();
    const opened = openSession(portOf(port1), {
      ...{ reads: panel.reads, commands: panel.commands, allows: events.allows },
      ...{ read: readFor, marks: marksOf, onChange: onAnyChange, now: () => performance.now() },
      async run(command, input) {
        // A page that nobody clicked does not reach what the artist has copied.
        if (command === 'copy' && !(await keys.areClicked())) refuse('copying', 'nobody clicked');
        await panelRequests[command](input as never);
      },
      onHeight: events.onHeight,
      onLeave: keys.leave,
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
