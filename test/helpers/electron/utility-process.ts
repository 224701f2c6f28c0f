/** utilityProcess: a forked Node whose `process.parentPort` register.ts provides. */
import { type ChildProcess, fork as forkNode } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Port } from './ports.ts';

/** Over the fork's own channel, both ways. */
export type ForkMessage =
  | { readonly kind: 'message'; readonly data: unknown; readonly ports: readonly number[] }
  | { readonly kind: 'port'; readonly port: number; readonly data: unknown }
  | { readonly kind: 'port-closed'; readonly port: number };

/** Tells register.ts which side it is on. */
export const CHILD_VARIABLE = 'ELECTRON_DOUBLE_CHILD';

export interface ForkOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly stdio?: 'pipe' | 'inherit' | 'ignore';
  readonly serviceName?: string;
}

const living = new Map<ChildProcess, string>();

class UtilityProcess extends EventEmitter {
  readonly stdout: ChildProcess['stdout'];
  readonly stderr: ChildProcess['stderr'];
  readonly #child: ChildProcess;
  readonly #ports = new Map<number, Port>();

  constructor(file: string, args: readonly string[], options: ForkOptions) {
    super();
    const output = options.stdio ?? 'inherit';
    const child = forkNode(file, args, {
      cwd: options.cwd,
      env: { ...(options.env ?? process.env), [CHILD_VARIABLE]: '1' },
      execArgv: ['--import', fileURLToPath(new URL('./register.ts', import.meta.url))],
      serialization: 'advanced',
      stdio: ['ignore', output, output, 'ipc'],
    });
    this.#child = child;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    living.set(child, options.serviceName ?? 'Node Utility Process');
    child.on('spawn', () => this.emit('spawn'));
    child.on('message', (message: ForkMessage) => {
      if (message.kind === 'message') this.emit('message', message.data);
      else if (message.kind === 'port') this.#ports.get(message.port)?.postMessage(message.data);
      else this.#ports.get(message.port)?.close();
    });
    child.on('error', () => {});
    child.on('exit', (code, signal) => {
      living.delete(child);
      for (const port of this.#ports.values()) port.close();
      this.emit('exit', code ?? (signal === 'SIGKILL' ? 137 : 143));
    });
  }

  get pid(): number | undefined {
    return living.has(this.#child) ? this.#child.pid : undefined;
  }

  postMessage(data: unknown, transfer: readonly Port[] = []): void {
    this.#send({ kind: 'message', data, ports: transfer.map((port) => port.id) });
    for (const port of transfer) {
      this.#ports.set(port.id, port);
      port.transfer(
        (one) => this.#send({ kind: 'port', port: port.id, data: one }),
        () => this.#send({ kind: 'port-closed', port: port.id }),
      );
    }
  }

  kill(): boolean {
    return this.#child.kill();
  }

  #send(message: ForkMessage): void {
    if (this.#child.connected) this.#child.send(message);
  }
}

export const utilityProcess = {
  fork: (file: string, args: readonly string[] = [], options: ForkOptions = {}) =>
    new UtilityProcess(file, args, options),
};

export function killChildren(): void {
  for (const child of living.keys()) child.kill();
}

/** For app.getAppMetrics. */
export function childMetrics(): { readonly pid: number; readonly type: string; readonly name: string }[] {
  return [...living].map(([child, name]) => ({ pid: child.pid ?? 0, type: 'Utility', name }));
}
