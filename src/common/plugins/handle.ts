/** A plugin that runs, whatever its tier: who has one asks, and does not know where it runs. */
import type { z } from 'zod';
import type { PluginFacts } from './built-in.ts';
import type { PluginCalls, Suite, SuiteId } from './suites.ts';

/** The part of AbortSignal that is used; pure code has no platform's type for it. */
export interface CallSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

interface PluginCallOptions {
  readonly signal?: CallSignal | undefined;
  /** After this long the plugin is ended and the call fails; the host has a limit of its own where none is given. */
  readonly deadlineMs?: number;
  /** How much is done, 0 to 1, as the plugin tells it. */
  readonly onProgress?: (done: number) => void;
  /** Files that the artist picked for this call, by the names under which the plugin asks for them; it hears of no path. */
  readonly files?: Readonly<Record<string, { readonly path: string; readonly for: 'read' | 'write' }>>;
}

export interface PluginHandle {
  readonly facts: PluginFacts;
  /** What was agreed on at its start: of each suite that it asked for, one major. */
  readonly suites: readonly SuiteId[];
  /**
   * Asks a function of the plugin. Arguments and answer are checked, numbers are finite; what was given is not kept.
   * @param of the contribution's id as the manifest has it: "ale"
   * @param input the function's arguments
   * @throws Cancelled by the signal; AppError plugin-failed that names the plugin, and says what to do
   */
  call<Calls extends PluginCalls, Name extends keyof Calls & string>(
    suite: Suite<Calls>,
    method: Name,
    of: string,
    input: z.input<Calls[Name]['input']>,
    options?: PluginCallOptions,
  ): Promise<z.output<Calls[Name]['output']>>;
  /** Lets it end in order. Its next use starts it again. */
  stop(): Promise<void>;
}
