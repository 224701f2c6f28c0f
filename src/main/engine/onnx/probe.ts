/** Tries a provider in a child process. The only fork of the engine. */
import { fork } from 'node:child_process';
import { Cancelled } from '../../../common/errors.ts';
import { childEnvironment } from '../../child-environment.ts';
import type { Provider } from '../bundle/types.ts';
import { entryFile } from '../entry-file.ts';
import type { ProbeAnswer } from './probe-child.ts';

export interface Trial {
  readonly provider: Provider;
  readonly ok: boolean;
  /** What happened, for the artist: "works, …" or why not. */
  readonly reason: string;
  readonly milliseconds: number;
  /** Works, but without a GPU. */
  readonly software: boolean;
}

const TIMEOUT_MS = 30_000;

/**
 * Runs the trial model on a provider in its own process. Never throws for what the provider does: a crash, a hang or
 * an error is the reason of a failed trial.
 * @throws Cancelled
 */
export async function probe(
  provider: Provider,
  options: { timeoutMs?: number; signal?: AbortSignal; env?: Record<string, string> } = {},
): Promise<Trial> {
  if (options.signal?.aborted) throw new Cancelled();
  const start = performance.now();
  const answer = await ask(provider, options);
  if (options.signal?.aborted) throw new Cancelled();
  return { provider, ...answer, milliseconds: performance.now() - start };
}

function ask(
  provider: Provider,
  {
    timeoutMs = TIMEOUT_MS,
    signal,
    env,
  }: { timeoutMs?: number; signal?: AbortSignal; env?: Record<string, string> },
): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const child = fork(entryFile(import.meta.dirname, 'probe-child'), [provider], {
      // Inside Electron the executable is Electron itself; this makes it a plain Node.
      env: { ...childEnvironment(), ...env, ELECTRON_RUN_AS_NODE: '1' },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const finish = (answer: ProbeAnswer) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve(answer);
      child.kill('SIGKILL');
    };
    const failed = (reason: string) => finish({ ok: false, reason, software: false });
    const abort = () => failed('cancelled');
    const timer = setTimeout(() => failed(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    signal?.addEventListener('abort', abort);
    child.once('message', (message) => finish(message as ProbeAnswer));
    child.once('error', (cause) => failed(`cannot be tried: ${cause.message}`));
    child.once('exit', (code, name) =>
      failed(name ? `crashed (${name})` : `ended with code ${code} instead of an answer`),
    );
  });
}
