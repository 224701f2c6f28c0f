/**
 * The engine's door: every message is checked before a handler sees it. Whatever comes in, the engine lives on and
 * answers in one line.
 */
import type { z } from 'zod';
import type { CallSpec, Contract } from '../../common/contract/call.ts';
import { CONTRACT_VERSION, RETAKE_VERSION } from '../../common/contract/version.ts';
import { AppError, Cancelled, toWire } from '../../common/errors.ts';
import { issueText } from '../../common/issue.ts';
import { type FromCaller, type FromEngine, fromCaller, type Transport } from '../../common/rpc.ts';

/** What answers: input checked and completed; `signal` aborts when the caller gives up. It is always there over the wire. */
export type Handlers<C extends Contract> = {
  [Name in keyof C]: (input: z.output<C[Name]['input']>, signal?: AbortSignal) => Promise<C[Name]['answer']>;
};

export interface Service<C extends Contract> {
  readonly contract: C;
  readonly handlers: Handlers<C>;
  /** Hears of messages that are dropped. */
  readonly log?: (line: string) => void;
}

const LONGEST_LINE = 300;
/** A caller that sends rubbish without end does not fill the log. */
const MOST_LOGGED = 20;

/** Answers calls until the transport closes; returns the function that sends an event. */
export function serve<C extends Contract, Event>(
  transport: Transport,
  { contract, handlers, log = console.error }: Service<C>,
): (event: Event) => void {
  const running = new Map<number, AbortController>();
  let stranger: AppError | null = unknownCaller();
  let logged = 0;

  const send = (message: FromEngine) => {
    try {
      transport.send(message);
    } catch (error) {
      // An answer that cannot be copied is a fault of ours; a port that has closed is none.
      if (message.type === 'result') send({ type: 'error', id: message.id, error: toWire(error) });
    }
  };

  const answer = async (id: number, name: string, input: unknown) => {
    const abort = new AbortController();
    running.set(id, abort);
    try {
      if (stranger) throw stranger;
      const spec = Object.hasOwn(contract, name) ? contract[name] : undefined;
      if (!spec) throw usage(`there is no call "${name.slice(0, 60)}"`, 'asking the engine');
      const checked = check(spec, input);
      // Already given up: nothing has been begun, so nothing is.
      await null;
      if (abort.signal.aborted) throw new Cancelled();
      send({ type: 'result', id, value: await handlers[name]!(checked as never, abort.signal) });
    } catch (error) {
      send({ type: 'error', id, error: toWire(error) });
    } finally {
      running.delete(id);
    }
  };

  transport.onMessage((raw) => {
    const message = read(raw);
    if (message?.type === 'hello') stranger = versionFault(message);
    else if (message?.type === 'cancel') running.get(message.id)?.abort();
    else if (message && !running.has(message.id)) void answer(message.id, message.name, message.input);
    else if (logged++ < MOST_LOGGED) log('[engine] a message that is none of the contract was dropped');
  });
  return (event) => send({ type: 'event', event });
}

function read(raw: unknown): FromCaller | null {
  try {
    return fromCaller.safeParse(raw).data ?? null;
  } catch {
    return null;
  }
}

/** @throws AppError usage naming what is wrong */
function check(spec: CallSpec, input: unknown): unknown {
  let result: z.ZodSafeParseResult<unknown>;
  try {
    result = spec.input.safeParse(input);
  } catch {
    // A value that refers to itself, or nests deeper than the stack.
    throw usage('what was asked is nested too deeply', spec.doing);
  }
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw usage(`${issue.path.join('.')} ${issueText(issue)}`.trim(), spec.doing);
}

function usage(message: string, doing: string): AppError {
  const short = message.length > LONGEST_LINE ? `${message.slice(0, LONGEST_LINE)}…` : message;
  return new AppError('usage', short, { doing });
}

function unknownCaller(): AppError {
  return new AppError('version-mismatch', 'whoever asks has not said which Retake it is', {
    doing: 'asking the engine',
    hint: `This is the engine of Retake ${RETAKE_VERSION}.`,
  });
}

function versionFault({ contract, retake }: { contract: number; retake: string }): AppError | null {
  if (contract === CONTRACT_VERSION) return null;
  return new AppError(
    'version-mismatch',
    `Retake ${retake} speaks to the engine of Retake ${RETAKE_VERSION}, and the two do not understand each other`,
    { doing: 'asking the engine', hint: 'Quit Retake everywhere and start it again.' },
  );
}
