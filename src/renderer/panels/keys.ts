/** The keys of a panel: it has them where the artist clicked it or came to it by Tab, and not because it took them. */
import { shell } from '../engine.ts';
import { limiter } from './limiter.ts';

/** So long Chromium remembers that somebody acted. */
const ACTIVE_MS = 5000;
/** After Tab the keys may be meant for it. */
const TAB_MS = 500;
const WATCH_MS = 250;
/** How often it may take them by itself, at once and then each second: a page may begin with a field in hand. */
const THEFTS = { burst: 5, eachSecond: 0.2 };
/** A panel hears of a click sooner than the window hears where the keys went. */
const PICTURES_LATER = 8;

export interface Keys {
  /** Gives them back to where they were. */
  leave(): void;
  /** Whether the artist acted in it just now; an act elsewhere in the window is none of its own. */
  areClicked(): Promise<boolean>;
}

/** @param onThief it takes them in a loop */
export function keepKeys(frame: HTMLIFrameElement, signal: AbortSignal, onThief: () => void): Keys {
  /** When the window itself was pressed or typed into, and when that was Tab. */
  let [touched, tabbed] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let before: Element | null = document.activeElement;
  /** By the artist. */
  let isGiven = false;
  const leave = () => {
    isGiven = false;
    frame.blur();
    window.focus();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  };
  const hasKeys = () => document.activeElement === frame;
  const mayTake = limiter({ ...THEFTS, now: () => performance.now() });

  const capture = { signal, capture: true };
  const touch = (event: Event) => {
    isGiven = false;
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
      if (!(target instanceof Element) || target === frame) return;
      isGiven = false;
      before = target;
    },
    capture,
  );
  let isWeighing = false;
  const weigh = async () => {
    // Where another program has the keys now, that is none of ours.
    if (isWeighing || !document.hasFocus()) return;
    isWeighing = true;
    const isAsked = isClickedInside() || performance.now() - tabbed < TAB_MS;
    // The pointer's own way here is told with the next picture.
    await nextPicture();
    await nextPicture();
    isWeighing = false;
    if (signal.aborted || !hasKeys()) return;
    if (isAsked || document.querySelector('iframe:hover')) {
      isGiven = true;
      return;
    }
    leave();
    if (mayTake()) return;
    onThief();
    // Its frame goes with what it took meanwhile.
    await nextPicture();
    await nextPicture();
    leave();
  };
  // Of the window alone.
  window.addEventListener('blur', ({ target }) => void (target === window && weigh()), { signal });
  // Taken while they are being given back, no event tells of it.
  const watching = setInterval(() => void (hasKeys() && !isGiven && weigh()), WATCH_MS);
  signal.addEventListener('abort', () => clearInterval(watching), { once: true });
  // Whatever its page makes of the key.
  const stopListening = shell().onEscape(() => {
    if (hasKeys()) leave();
  });
  signal.addEventListener('abort', () => stopListening(), { once: true });

  return {
    leave,
    async areClicked() {
      for (let picture = 0; picture < PICTURES_LATER && !isGiven; picture += 1) await nextPicture();
      return isGiven && hasKeys() && navigator.userActivation.isActive;
    },
  };
}

function nextPicture(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}
