/**
 * One panel as it is spoken to: what it says is weighed, read and answered, and what it may have is said by its manifest
 * alone. Nothing here knows a page.
 */
import { Cancelled, errorLine } from '../../common/errors.ts';
import { issueText } from '../../common/issue.ts';
import {
  LONGEST_MESSAGE,
  type PanelMessage,
  panelMessage,
  UI_COMMANDS,
  type UiCommand,
  type UiRead,
  uiValues,
  type WindowMessage,
} from '../../common/plugins/ui-v1.ts';
import { sentence } from '../words.ts';
import { limiter } from './limiter.ts';

/** Messages that a panel may send at once, and again within a second. */
const BURST = 120;
const EACH_SECOND = 60;
/** Calls that wait for an answer. */
const MOST_WAITING = 16;
/** Between two looks at whether it still answers, and how long it may take: its process may have ended or run in circles. */
const PING_MS = 4000;
const PONG_MS = 12_000;
/** Between two words of the same change. */
const PAUSE_MS = 100;

export interface Port {
  send(message: WindowMessage): void;
  /** Nothing is heard before, and nothing after it is closed. */
  listen(handler: (data: unknown) => void): void;
  close(): void;
}

export interface Wiring {
  readonly reads: readonly UiRead[];
  readonly commands: readonly UiCommand[];
  read(what: UiRead, edge: number, signal: AbortSignal): unknown;
  /** What a read depends on, compared by identity member by member. */
  marks(what: UiRead): readonly unknown[];
  /** Told whenever a mark may be another; returns what stops it. */
  onChange(listener: () => void): () => void;
  /** Whether the artist lets it change the project. */
  allows(command: UiCommand): Promise<boolean>;
  run(command: UiCommand, input: unknown): void | Promise<void>;
  /** Its first word came: it is there. */
  onFirst(): void;
  onHeight(pixels: number): void;
  onLeave(): void;
  /** It is closed, and why: a line for the artist. */
  onStopped(why: string): void;
  /** Milliseconds. */
  now(): number;
}

export interface Session {
  say(message: WindowMessage): void;
  close(): void;
}

type Call = Extract<PanelMessage, { call: number }>;

export function openSession(port: Port, wiring: Wiring): Session {
  const ended = new AbortController();
  const end = () => {
    ended.abort();
    port.close();
  };
  const stop = (why: string) => {
    end();
    wiring.onStopped(why);
  };
  const say = (message: WindowMessage) => {
    if (!ended.signal.aborted) port.send(message);
  };
  const mayBe = limiter({ burst: BURST, eachSecond: EACH_SECOND, now: wiring.now });
  const watching = watch(wiring, say, ended.signal);
  const heart = listenForPongs(
    () => say({ say: 'ping' }),
    () => stop('It does not answer any more'),
    ended.signal,
  );
  let waiting = 0;
  let isFirst = true;

  const answer = async (message: Call) => {
    const { call } = message;
    try {
      if (waiting >= MOST_WAITING) throw new Refused('too much is asked at once; wait for the answers');
      waiting += 1;
      try {
        const value = await (message.ask === 'read' ? read(message) : run(message));
        say({ say: 'answer', call, value });
      } finally {
        waiting -= 1;
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) say({ say: 'refused', call, why: lineOf(error) });
    }
  };

  const read = async ({ what, edge }: Extract<Call, { ask: 'read' }>) => {
    if (!wiring.reads.includes(what)) throw new Refused(`its manifest does not say that it reads "${what}"`);
    const value = uiValues[what].safeParse(await wiring.read(what, edge, ended.signal));
    if (value.success) return value.data;
    throw new Refused(`it cannot be told: ${faultOf(value.error.issues[0]!)}`);
  };

  const run = async ({ command, input }: Extract<Call, { ask: 'run' }>) => {
    if (!wiring.commands.includes(command))
      throw new Refused(`its manifest does not say that it gives "${command}"`);
    const { input: schema, changes } = UI_COMMANDS[command];
    const checked = schema.safeParse(input);
    if (!checked.success) throw new Refused(faultOf(checked.error.issues[0]!));
    if (changes && !(await wiring.allows(command))) throw new Refused('the artist does not want it');
    if (ended.signal.aborted) throw new Cancelled();
    await wiring.run(command, checked.data);
    return null;
  };

  port.listen((data) => {
    if (!mayBe()) return stop('It sent more messages than the window can read');
    if (typeof data !== 'string' || data.length > LONGEST_MESSAGE)
      return stop(`It sent a message that is no text of up to ${LONGEST_MESSAGE} characters`);
    const raw = parsed(data);
    const message = panelMessage.safeParse(raw);
    if (!message.success) {
      const call = callOf(raw);
      if (call === null)
        return stop(`It sent a message that is not known: ${faultOf(message.error.issues[0]!)}`);
      return say({ say: 'refused', call, why: sentence(faultOf(message.error.issues[0]!)) });
    }
    const { data: known } = message;
    if (isFirst) {
      isFirst = false;
      heart.start();
      wiring.onFirst();
    }
    if (known.ask === 'height') wiring.onHeight(known.pixels);
    else if (known.ask === 'leave') wiring.onLeave();
    else if (known.ask === 'pong') heart.beats();
    else if (known.ask === 'watch') watching(known.what.filter((one) => wiring.reads.includes(one)));
    else void answer(known);
  });
  return { say, close: end };
}

class Refused extends Error {}

function lineOf(error: unknown): string {
  return sentence(error instanceof Refused ? error.message : errorLine(error));
}

function faultOf(issue: Parameters<typeof issueText>[0]): string {
  return [issue.path.map(String).join('.'), issueText(issue)].filter(Boolean).join(' ');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function callOf(raw: unknown): number | null {
  const call = typeof raw === 'object' && raw !== null && 'call' in raw ? raw.call : null;
  return typeof call === 'number' && Number.isSafeInteger(call) && call > 0 ? call : null;
}

function listenForPongs(ping: () => void, onSilent: () => void, ended: AbortSignal) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const start = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      ping();
      timer = setTimeout(onSilent, PONG_MS);
    }, PING_MS);
  };
  ended.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return { start, beats: () => !ended.aborted && start() };
}

/** Says what of the watched became another: at once, then no sooner than a pause after. */
function watch(
  { marks, onChange }: Wiring,
  say: (message: WindowMessage) => void,
  ended: AbortSignal,
): (what: readonly UiRead[]) => void {
  const known = new Map<UiRead, readonly unknown[]>();
  let pausing = false;
  let again = false;
  const look = () => {
    if (ended.aborted || known.size === 0) return;
    if (pausing) {
      again = true;
      return;
    }
    for (const [what, before] of known) {
      const now = marks(what);
      if (now.length === before.length && now.every((one, index) => Object.is(one, before[index]))) continue;
      known.set(what, now);
      say({ say: 'changed', what });
      pausing = true;
    }
    if (!pausing) return;
    setTimeout(() => {
      pausing = false;
      if (again) {
        again = false;
        look();
      }
    }, PAUSE_MS);
  };
  ended.addEventListener('abort', onChange(look), { once: true });
  return (what) => {
    known.clear();
    for (const one of what) known.set(one, marks(one));
  };
}
