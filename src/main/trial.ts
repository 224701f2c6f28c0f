/**
 * A trial of an execution provider in a process of its own, which may crash or hang there without harm. Under Electron
 * the shell starts it, as a utility process: the program itself then needs no way to be run as a plain Node.
 */
import { z } from 'zod';
import { PROVIDERS } from '../common/settings/model.ts';

const milliseconds = z.number().min(0).nullable();
const trialAnswer = z.object({
  ok: z.boolean(),
  reason: z.string().max(2000),
  /** It works, but is the processor in disguise. */
  software: z.boolean(),
  /** What a call of the trial network takes on it, and on the processor beside it; null where none was timed. */
  call: milliseconds,
  cpu: milliseconds,
  /** Whether several frames in one call take less than one by one. */
  together: z.boolean(),
});
/** What the process tells whoever started it. */
export type TrialAnswer = z.infer<typeof trialAnswer>;

/** Widest first level of a network that a trial imitates. */
const WIDEST = 1280;
const NARROWEST = 32;
const trialQuestion = z.object({
  provider: z.enum(PROVIDERS).exclude(['auto']),
  /** Channels of the network's first level. */
  width: z.int().min(NARROWEST).max(WIDEST),
  /** Whether a call is timed, or only tried. */
  timed: z.boolean(),
});
/** What is asked of a provider. */
export type TrialQuestion = z.infer<typeof trialQuestion>;

const id = z.int().min(0);
/** Engine → shell: start a trial. */
export const trialRequest = z.object({ trial: id, question: trialQuestion });
export type TrialRequest = z.infer<typeof trialRequest>;
/** Shell → engine: how it went. */
export const trialResult = z.object({ trial: id, answer: trialAnswer });
export type TrialResult = z.infer<typeof trialResult>;

/** The arguments of the process, and what they mean there. */
export function argumentsOf({ provider, width, timed }: TrialQuestion): string[] {
  return [provider, `${width}`, timed ? 'timed' : 'tried'];
}

export function questionOf([provider, width, how]: readonly string[]): TrialQuestion {
  return trialQuestion.parse({ provider, width: Number(width), timed: how === 'timed' });
}

/** The width a trial imitates for a network of this one. */
export function trialWidth(width: number): number {
  return Math.min(WIDEST, Math.max(NARROWEST, Math.ceil(width / NARROWEST) * NARROWEST));
}

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
  return { ok: false, reason, software: false, call: null, cpu: null, together: false };
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
