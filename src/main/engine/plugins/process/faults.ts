/** How a plugin's process can end, each in its own words. */
import { AppError } from '../../../../common/errors.ts';
import type { PluginFacts } from '../../../../common/plugins/built-in.ts';
import { MEMORY_WORDS } from '../../../plugin-child/messages.ts';

/** "running Avid log 1.2.0: it ran out of memory. …" */
export function pluginFault({ name, version }: Named, message: string, hint: string): AppError {
  return new AppError('plugin-failed', message, { doing: `running ${name} ${version}`, hint });
}

type Named = Pick<PluginFacts, 'name' | 'version'>;

/** Nobody but its maker can mend it. */
export const TELL = 'Tell whoever made the plugin, or switch it off.';
export const AGAIN = 'Try again; if it happens again, tell whoever made the plugin, or switch it off.';

export function seconds(ms: number): string {
  return ms < 1000 ? `${ms} milliseconds` : `${Math.round(ms / 1000)} seconds`;
}

/** @param log the last that it printed @param uncaught the error that it ended by, if it said so */
export function endWords(
  code: number | null,
  signal: string | null,
  { log, uncaught }: { readonly log: string; readonly uncaught: string | null },
): string {
  // V8 says the first before it ends the process, which it does in a way of its own on every system.
  if (/JavaScript heap out of memory|Reached heap limit/.test(log) || log.includes(MEMORY_WORDS))
    return 'it ran out of memory';
  if (/RangeError: Array buffer allocation failed/.test(log)) return 'it ran out of memory';
  if (uncaught !== null) return `it stopped with an error that nobody caught: ${uncaught}`;
  if (signal !== null) return `it crashed (${signal})`;
  return `it ended by itself (exit code ${code})`;
}
