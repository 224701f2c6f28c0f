/**
 * A trial of an execution provider in a process of its own, which may crash or hang there without harm. Under Electron
 * the shell starts it, as a utility process: the program itself then needs no way to be run as a plain Node.
 */
import { z } from 'zod';
import { PROVIDERS } from '../common/settings/model.ts';

const trialAnswer = z.object({
  ok: z.boolean(),
  reason: z.string().max(2000),
  /** It works, but is the processor in disguise: slower than the plain CPU provider. */
  software: z.boolean(),
});
/** What the process tells whoever started it. */
export type TrialAnswer = z.infer<typeof trialAnswer>;

const id = z.int().min(0);
/** Engine → shell: start a trial. Nothing but its name comes from the engine. */
export const trialRequest = z.object({ trial: id, provider: z.enum(PROVIDERS).exclude(['auto']) });
export type TrialRequest = z.infer<typeof trialRequest>;
/** Shell → engine: how it went. */
export const trialResult = z.object({ trial: id, answer: trialAnswer });
export type TrialResult = z.infer<typeof trialResult>;

/** A started process, whoever started it. */
export interface TrialProcess {
  onMessage(handler: (message: unknown) => void): void;
  /** `how` it ended, as a phrase: "crashed (SIGSEGV)". */
  onEnd(handler: (how: string) => void): void;
  /** However stuck it is. */
  kill(): void;
}

export const TRIAL_MS = 30_000;

export function failedTrial(reason: string): TrialAnswer {
  return { ok: false, reason, software: false };
}

/** Its answer, or what became of it; afterwards the process is gone. Never rejects. */
export function judge(
  process: TrialProcess,
  { timeoutMs = TRIAL_MS, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<TrialAnswer> {
  return new Promise((resolve) => {
    const finish = (answer: TrialAnswer) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve(answer);
      process.kill();
    };
    const abort = () => finish(failedTrial('cancelled'));
    const timer = setTimeout(() => finish(failedTrial(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    signal?.addEventListener('abort', abort);
    process.onMessage((message) => {
      const answer = trialAnswer.safeParse(message);
      finish(answer.success ? answer.data : failedTrial('it answered nonsense'));
    });
    process.onEnd((how) => finish(failedTrial(how)));
  });
}
