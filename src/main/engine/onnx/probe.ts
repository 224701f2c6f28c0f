/** Tries a provider in a process of its own: the shell starts it under Electron, a fork does elsewhere. */
import { fork } from 'node:child_process';
import { Cancelled } from '../../../common/errors.ts';
import { childEnvironment } from '../../child-environment.ts';
import {
  argumentsOf,
  failedTrial,
  judge,
  TRIAL_MS,
  type TrialAnswer,
  type TrialProcess,
  type TrialQuestion,
  type TrialRequest,
  trialResult,
} from '../../trial.ts';
import { entryFile } from '../entry-file.ts';
import { type ParentPort, parentPort } from '../parent-port.ts';
import type { Provider } from './ort.ts';

/** `reason` says for the artist what happened: "works, …" or why not. */
export interface Trial extends Readonly<TrialAnswer> {
  readonly provider: Provider;
  /** Of the whole trial, the start of its process included. */
  readonly milliseconds: number;
}

interface ProbeOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Of the forked process, beside the engine's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Of Stable Diffusion's networks: what is timed where no model is named. */
export const USUAL_WIDTH = 320;

/**
 * Runs the trial network on a provider in its own process. Never throws for what the provider does: a crash, a hang or
 * an error is the reason of a failed trial.
 * @throws Cancelled
 */
export async function probe(
  provider: Provider,
  options: ProbeOptions = {},
  how: Omit<TrialQuestion, 'provider'> = { width: USUAL_WIDTH, timed: true },
): Promise<Trial> {
  if (options.signal?.aborted) throw new Cancelled();
  const start = performance.now();
  const shell = parentPort();
  const question = { ...how, provider };
  const answer = await (shell ? askShell(shell, question) : judge(forked(question, options.env), options));
  if (options.signal?.aborted) throw new Cancelled();
  return { provider, ...answer, milliseconds: performance.now() - start };
}

let asked = 0;

/** The shell judges; it is given up on only when it says nothing at all. */
function askShell(shell: ParentPort, question: TrialQuestion): Promise<TrialAnswer> {
  const trial = asked++;
  return new Promise((resolve) => {
    const finish = (answer: TrialAnswer) => {
      clearTimeout(timer);
      shell.off('message', hear);
      resolve(answer);
    };
    const hear = ({ data }: { data: unknown }) => {
      const result = trialResult.safeParse(data);
      if (result.success && result.data.trial === trial) finish(result.data.answer);
    };
    const timer = setTimeout(() => finish(failedTrial('nobody tried it')), 2 * TRIAL_MS);
    shell.on('message', hear);
    shell.postMessage({ trial, question } satisfies TrialRequest);
  });
}

function forked(question: TrialQuestion, env: ProbeOptions['env']): TrialProcess {
  const child = fork(entryFile(import.meta.dirname, 'probe-child'), argumentsOf(question), {
    env: { ...childEnvironment(), ...env },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return {
    onMessage: (handler) => child.once('message', handler),
    onEnd(handler) {
      child.once('error', (cause) => handler(`cannot be tried: ${cause.message}`));
      child.once('exit', (code, name) =>
        handler(name ? `crashed (${name})` : `ended with code ${code} instead of an answer`),
      );
    },
    kill: () => child.kill('SIGKILL'),
  };
}
