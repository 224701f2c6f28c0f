/** Starts the engine process, watches it, starts it again after a crash, and connects pages to it. */
import { MessageChannelMain, type UtilityProcess, utilityProcess, type WebContents } from 'electron';
import type { EngineState } from '../../common/bridge.ts';
import type { ShellNotes } from '../../common/channels.ts';
import type { Calls } from '../../common/contract/contract.ts';
import type { Events } from '../../common/contract/events.ts';
import { AppError } from '../../common/errors.ts';
import { type Client, createClient } from '../../common/rpc.ts';
import { BEAT_ARGUMENT, endHard, listenForBeats } from '../heartbeat.ts';
import { serveTrials } from './trials.ts';

/** Pauses before the next start, in milliseconds; after the last one it stays down. */
const PAUSES = [200, 1000, 3000, 10_000] as const;
/** An engine that lived this long was not broken from the start. */
const HEALTHY_MS = 30_000;

export interface EngineOptions {
  readonly file: string;
  /** Entry of the process in which a provider is tried. */
  readonly trial: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Everything the engine prints, for the log. */
  readonly onOutput: (text: string) => void;
}

export interface Engine {
  /** Gives the page a port now, or as soon as the engine answers, and again after every restart. */
  connect(page: WebContents): void;
  readonly call: Client<Calls, Events>['call'];
  /** Ends it for good. */
  stop(): void;
}

interface Running {
  readonly child: UtilityProcess;
  readonly client: Client<Calls, Events>;
}

/** Call it when the app is ready. */
export function startEngine({ file, trial, env, onOutput }: EngineOptions): Engine {
  const pages = new Set<WebContents>();
  let running: Running | null = null;
  let state: EngineState = 'starting';
  let why = '';
  let failures = 0;
  let stopped = false;

  const tell = <Name extends keyof ShellNotes>(page: WebContents, name: Name, note: ShellNotes[Name]) => {
    if (!page.isDestroyed()) page.send(name, note);
  };

  const givePort = (page: WebContents) => {
    if (!running || page.isDestroyed()) return;
    const { port1, port2 } = new MessageChannelMain();
    running.child.postMessage(null, [port1]);
    page.postMessage('engine:port', null, [port2]);
  };

  const start = () => {
    const child = utilityProcess.fork(file, [BEAT_ARGUMENT], {
      serviceName: 'Retake engine',
      env,
      stdio: 'pipe',
    });
    serveTrials(child, trial, env);
    const client = clientOf(child);
    const born = Date.now();
    running = { child, client };
    child.stderr?.on('data', (chunk: Buffer) => onOutput(chunk.toString('utf8')));
    let silent = false;
    if (child.stdout) {
      listenForBeats(child.stdout, {
        onText: onOutput,
        onSilent() {
          silent = true;
          endHard(child.pid);
        },
      });
    }
    child.on('exit', (code) => {
      running = null;
      if (stopped) return;
      if (Date.now() - born > HEALTHY_MS) failures = 0;
      down(silent ? 'it did not answer any more' : `exit code ${code}`);
    });
    // The first answer proves that everything it needs was found.
    client.call('methods.list', null).then(
      () => {
        state = 'up';
        for (const page of pages) givePort(page);
      },
      // Its exit says the same.
      () => {},
    );
  };

  const down = (reason: string) => {
    const pause = PAUSES[failures];
    failures += 1;
    state = pause === undefined ? 'failed' : 'restarting';
    why = reason;
    onOutput(`[app] the engine stopped: ${reason}\n`);
    for (const page of pages) tell(page, 'engine:down', { state, why });
    if (pause !== undefined) setTimeout(() => !stopped && start(), pause);
  };

  start();
  return {
    connect(page) {
      if (!pages.has(page)) page.once('destroyed', () => pages.delete(page));
      pages.add(page);
      if (state === 'up') givePort(page);
      else if (state !== 'starting') tell(page, 'engine:down', { state, why });
      if (state === 'failed') {
        // A reloaded page is the artist's second try.
        failures = 0;
        state = 'starting';
        start();
      }
    },
    call: (name, input) =>
      running
        ? running.client.call(name, input)
        : Promise.reject(new AppError('engine-died', 'the engine is not running', { doing: 'asking it' })),
    stop() {
      stopped = true;
      endHard(running?.child.pid);
    },
  };
}

function clientOf(child: UtilityProcess): Client<Calls, Events> {
  return createClient<Calls, Events>({
    send: (message) => child.postMessage(message),
    onMessage: (handler) => child.on('message', handler),
    onClose: (handler) =>
      child.on('exit', (code) =>
        handler(
          new AppError('engine-died', `the engine stopped (exit code ${code})`, {
            doing: 'asking the engine',
          }),
        ),
      ),
  });
}
