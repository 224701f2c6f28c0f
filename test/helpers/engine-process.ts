/** The built engine as a process, spoken to as the window does. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Calls } from '../../src/common/contract/contract.ts';
import type { Events } from '../../src/common/contract/events.ts';
import { type Client, createClient } from '../../src/common/rpc.ts';

const running = new Set<ChildProcess>();

export interface Engine extends Client<Calls, Events> {
  readonly events: Events[];
  kill(signal: NodeJS.Signals): Promise<void>;
  disconnect(): Promise<void>;
}

export const ENGINE = fileURLToPath(new URL('../../out/main/engine.js', import.meta.url));

export function startEngine(home: string): Engine {
  const child = fork(ENGINE, [], {
    execArgv: [],
    serialization: 'advanced',
    env: { ...process.env, RETAKE_HOME: home },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running.add(child);
  child.on('error', () => {});
  const gone = new Promise<void>((resolve) =>
    child.once('exit', () => {
      running.delete(child);
      resolve();
    }),
  );
  const client = createClient<Calls, Events>({
    send: (message) => child.send(message as object),
    onMessage: (handler) => child.on('message', handler),
    onClose: (handler) => child.on('exit', () => handler(new Error('gone'))),
  });
  const events: Events[] = [];
  client.onEvent((event) => events.push(event));
  return {
    ...client,
    events,
    kill: (signal) => {
      child.kill(signal);
      return gone;
    },
    disconnect: () => {
      child.disconnect();
      return gone;
    },
  };
}

/** After the last test of a file. */
export function endEngines(): void {
  for (const child of running) child.kill('SIGKILL');
}
