/** Starts the engine as a child of the terminal and speaks to it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Calls } from '../../common/contract/contract.ts';
import type { Events } from '../../common/contract/events.ts';
import { AppError } from '../../common/errors.ts';
import { type Client, createClient } from '../../common/rpc.ts';
import { childEnvironment } from '../child-environment.ts';
import { BEAT_ARGUMENT, endHard, listenForBeats } from '../heartbeat.ts';

export interface Engine extends Client<Calls, Events> {
  stop(): Promise<void>;
}

/** Beside the bundle it is engine.js; from the sources it is the TypeScript entry itself. */
function entryFile(): string {
  return import.meta.filename.endsWith('.ts')
    ? fileURLToPath(new URL('../engine/entry.ts', import.meta.url))
    : fileURLToPath(new URL('./engine.js', import.meta.url));
}

export function startEngine(): Engine {
  // A process group of its own, so that Ctrl-C reaches the terminal program only, which then cancels in order.
  const child = fork(entryFile(), [BEAT_ARGUMENT], {
    serialization: 'advanced',
    env: childEnvironment(),
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  listenForBeats(child.stdout!, {
    onText: (text) => process.stderr.write(text),
    onSilent: () => {
      process.stderr.write('retake: the engine does not answer and is stopped.\n');
      endHard(child.pid);
    },
  });
  // A message to an engine that has just died; its exit says so.
  child.on('error', () => {});
  const client = createClient<Calls, Events>({
    send: (message) => child.send(message as object),
    onMessage: (handler) => child.on('message', handler),
    onClose: (handler) => child.on('exit', (code, signal) => handler(died(code, signal))),
  });
  return { ...client, stop: () => stop(child) };
}

function died(code: number | null, signal: NodeJS.Signals | null): AppError {
  return new AppError('engine-died', `the engine stopped (${signal ?? `exit code ${code}`})`, {
    doing: 'working',
    hint: 'What was computed is kept: "retake resume" finishes a take.',
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  if (child.connected) child.disconnect();
  const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(patience);
}
