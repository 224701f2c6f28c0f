/** What is tried of a plugin, one thing after the other: each passes, fails with a line, or is left with the reason. */
import { setImmediate } from 'node:timers/promises';
import type { KitCheck } from '../../../common/contract/plugin-kit.ts';
import { AppError, Cancelled, errorLine } from '../../../common/errors.ts';
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import { suiteId } from '../../../common/plugins/suites.ts';
import { PluginLog } from '../plugins/log.ts';
import type { RecordedCall } from './recorded.ts';

const MOST_LINES = 20;

/** What a plugin promised and did not keep. */
export function broken(what: string): AppError {
  return new AppError('plugin-failed', what, { doing: '' });
}

export class Checking {
  readonly checks: KitCheck[] = [];
  /** Where the plugin prints. */
  readonly log = new PluginLog();
  readonly #signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  get passed(): boolean {
    return this.checks.every(({ outcome }) => outcome !== 'failed');
  }

  /** @param work what it returns is said of what went well @throws Cancelled, and nothing else */
  async that(what: string, work: () => Promise<string> | string): Promise<boolean> {
    if (this.#signal?.aborted) throw new Cancelled();
    try {
      const said = await work();
      this.checks.push({ what, outcome: 'passed', said, printed: await this.#printed() });
      return true;
    } catch (error) {
      if (this.#signal?.aborted) throw error;
      this.checks.push({ what, outcome: 'failed', said: lineOf(error), printed: await this.#printed() });
      return false;
    }
  }

  left(what: string, why: string): void {
    this.checks.push({ what, outcome: 'left', said: why, printed: [] });
  }

  async #printed(): Promise<readonly string[]> {
    // What a process printed before its answer lies there to be read by then.
    await setImmediate();
    const lines = this.log.take().trimEnd().split('\n');
    if (lines.length === 1 && lines[0] === '') return [];
    const more = lines.length - MOST_LINES;
    return more > 0 ? [`(${more} lines before)`, ...lines.slice(more)] : lines;
  }
}

/** The author is the one to whom the hint would send. */
function lineOf(error: unknown): string {
  return error instanceof AppError && error.code === 'plugin-failed'
    ? errorLine(new AppError(error.code, error.message, { doing: '' }))
    : errorLine(error);
}

/** The plugin, and what it is asked with what it answers, in order. */
export function recording(handle: PluginHandle): { handle: PluginHandle; calls: readonly RecordedCall[] } {
  const calls: RecordedCall[] = [];
  const call: PluginHandle['call'] = async (suite, method, of, input, options) => {
    const asked = structuredClone(input);
    const output = await handle.call(suite, method, of, input, options);
    calls.push({ suite: suiteId(suite), method, of, input: asked, output: structuredClone(output) });
    return output;
  };
  return { handle: { ...handle, call, stop: () => handle.stop() }, calls };
}
