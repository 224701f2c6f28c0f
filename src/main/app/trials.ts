/** Starts the trials that the engine asks for; see trial.ts. */
import { type UtilityProcess, utilityProcess } from 'electron';
import { endHard } from '../heartbeat.ts';
import { argumentsOf, judge, type TrialProcess, type TrialResult, trialRequest } from '../trial.ts';

/** @param file the trial's entry */
export function serveTrials(
  engine: UtilityProcess,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const gone = new AbortController();
  engine.on('exit', () => gone.abort());
  engine.on('message', async (message: unknown) => {
    const request = trialRequest.safeParse(message);
    if (!request.success) return;
    const { trial, question } = request.data;
    const process = asTrial(
      utilityProcess.fork(file, argumentsOf(question), {
        serviceName: 'Retake trial',
        env,
        stdio: 'ignore',
      }),
    );
    const answer = await judge(process, { signal: gone.signal });
    if (!gone.signal.aborted) engine.postMessage({ trial, answer } satisfies TrialResult);
  });
}

function asTrial(child: UtilityProcess): TrialProcess {
  return {
    onMessage: (handler) => child.on('message', handler),
    onEnd: (handler) => child.on('exit', (code) => handler(`ended with code ${code} instead of an answer`)),
    kill: () => endHard(child.pid),
  };
}
