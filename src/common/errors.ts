/**
 * The three ways a job ends badly. Cancelled is silent; an AppError was foreseen and tells the artist what to do;
 * everything else is a bug and keeps its stack.
 */
import { systemWords } from './system-errors.ts';

export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  constructor() {
    super('cancelled');
  }
}

/** Codes are stable: scripts and the renderer match on them. Exit codes of the command line follow from the group. */
export type ErrorCode =
  | 'usage' // the request itself is wrong: option, range, prompt
  | 'clip-unreadable' // missing, empty, truncated, not a video
  | 'clip-no-video'
  | 'clip-changed' // another file lies under the clip's name than when the edit began
  | 'bundle-invalid' // not a bundle, file missing, wrong shape, unknown operator
  | 'weights-missing'
  | 'provider-unavailable'
  | 'encoder-missing' // this ffmpeg cannot write the wanted codec
  | 'ffmpeg-missing'
  | 'ffmpeg-failed'
  | 'output-unwritable' // folder missing or read-only, file exists
  | 'disk-full'
  | 'not-finite' // NaN or Inf in a latent, names step and frame
  | 'cache-unusable'
  | 'project-unreadable' // missing, damaged, or written by a newer Retake
  | 'project-busy' // open elsewhere
  | 'download-failed'
  | 'job-not-found'
  | 'job-busy'
  | 'model-failed' // the runtime refused or failed a graph
  | 'device-memory' // a graphics card has no room for a call
  | 'plugin-invalid' // not a plugin, or one that lies about itself
  | 'plugin-busy' // something uses it right now
  | 'plugin-missing' // what was asked for is a plugin's that is not there or not on
  | 'engine-died'
  | 'plugin-failed' // somebody else's code, named in the message: crashed, too late, answered nonsense
  | 'version-mismatch' // page, command line and engine are of different versions
  | 'internal';

/** What crosses a process boundary. */
export interface WireError {
  readonly code: ErrorCode | 'cancelled';
  readonly message: string;
  readonly doing: string;
  readonly hint: string;
  readonly stack?: string;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** What was being done, as a phrase: "reading clip.mp4". */
  readonly doing: string;
  /** What to try, one sentence. May be empty when nothing helps. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, context: { doing: string; hint?: string; cause?: unknown }) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.doing = context.doing;
    this.hint = context.hint ?? '';
  }
}

/** A request that this machine has too little memory for; another may have enough. */
export class TooLittleMemory extends AppError {
  constructor(message: string, context: { doing: string; hint?: string }) {
    super('usage', message, context);
  }
}

/** A broken invariant of our own: always a bug, never the artist's fault. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${what}`);
}

/** The part of AbortSignal that pure code needs. */
export interface CancelSignal {
  readonly aborted: boolean;
}

export function throwIfCancelled(signal: CancelSignal | undefined): void {
  if (signal?.aborted) throw new Cancelled();
}

export function toWire(error: unknown): WireError {
  if (error instanceof Cancelled) return { code: 'cancelled', message: 'cancelled', doing: '', hint: '' };
  if (error instanceof AppError) {
    return { code: error.code, message: error.message, doing: error.doing, hint: error.hint };
  }
  const system = systemWords(error);
  if (system) {
    const full = system.code === 'ENOSPC' || system.code === 'EDQUOT';
    return {
      code: full ? 'disk-full' : 'output-unwritable',
      message: system.message,
      doing: '',
      hint: system.hint,
    };
  }
  const bug = error instanceof Error ? error : new Error(String(error));
  return {
    code: 'internal',
    message: bug.message,
    doing: '',
    hint: 'This is a bug in Retake.',
    stack: bug.stack ?? '',
  };
}

export function fromWire(wire: WireError): Error {
  if (wire.code === 'cancelled') return new Cancelled();
  if (wire.code === 'internal') {
    const bug = new Error(wire.message);
    if (wire.stack) bug.stack = wire.stack;
    return bug;
  }
  return new AppError(wire.code, wire.message, { doing: wire.doing, hint: wire.hint });
}

/** "reading clip.mp4: the file is empty. Copy it again." in one line, for terminals and toasts. */
export function errorLine(error: unknown): string {
  const wire = toWire(error);
  const doing = wire.doing ? `${wire.doing}: ` : '';
  return `${doing}${withHint(wire.message, wire.hint)}`;
}

/** What is wrong and what to try, as two sentences of one line: "the file is empty. Copy it again." */
export function withHint(message: string, hint: string | null): string {
  const sentence = message.replace(/\s+/g, ' ').replace(/[.\s]+$/, '');
  return `${sentence}.${hint ? ` ${hint}` : ''}`;
}
