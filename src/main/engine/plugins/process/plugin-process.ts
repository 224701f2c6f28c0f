/** A plugin of the tier "process" as everybody sees a plugin: started by its first use, kept while it is used, started again after a fault. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pLimit from 'p-limit';
import type { z } from 'zod';
import { type AppError, Cancelled } from '../../../../common/errors.ts';
import { issueText } from '../../../../common/issue.ts';
import type { PluginHandle } from '../../../../common/plugins/handle.ts';
import { agree, type Suite, suiteId } from '../../../../common/plugins/suites.ts';
import { type InstalledPlugin, requireSame } from '../installed.ts';
import { PluginLog } from '../log.ts';
import { Broker, type NetworkOptions } from './broker.ts';
import { pluginFault, TELL } from './faults.ts';
import { Life } from './life.ts';
import { LIMITS, type Limits } from './limits.ts';
import { leadsOutside } from './links.ts';

export interface ProcessOptions {
  /** All majors of all suites that this tier is asked in. */
  readonly offered: readonly Suite[];
  /** It ended in a way that no plugin should. */
  readonly onCrash?: (fault: AppError) => void;
  /** Where it prints. */
  readonly log?: PluginLog;
  readonly limits?: Partial<Limits>;
  readonly network?: NetworkOptions;
}

export interface PluginProcess extends PluginHandle {
  /** The last that it printed, and what became of it. */
  readonly log: string;
  readonly isRunning: boolean;
  /** Answers that came after their call was given up, and were dropped. */
  readonly dropped: number;
}

type ProcessPlugin = Pick<InstalledPlugin, 'facts' | 'manifest' | 'dir' | 'granted'> &
  Partial<InstalledPlugin>;

/** Starts nothing yet. @throws AppError plugin-failed where it asks for suites that are not offered */
export function pluginProcess(plugin: ProcessPlugin, options: ProcessOptions): PluginProcess {
  const { facts, manifest, dir, granted } = plugin;
  const failure = (message: string, hint: string) => pluginFault(facts, message, hint);
  const { speaks, missing } = agree(manifest.suites, options.offered);
  if (missing.length > 0) {
    throw failure(
      `it wants ${missing.join(', ')}, which this Retake does not have`,
      'Update Retake or the plugin.',
    );
  }
  const limits: Limits = { ...LIMITS, ...options.limits };
  const log = options.log ?? new PluginLog();
  const broker = new Broker(granted, options.network);
  const turn = pLimit(limits.callsAtOnce);
  let life: Promise<Life> | null = null;
  let dropped = 0;
  let current: Life | null = null;
  let idle: NodeJS.Timeout | null = null;
  /** Of the life before, until all that it printed is read and kept. */
  let ending: Promise<void> = Promise.resolve();

  const begin = async (): Promise<Life> => {
    await ending;
    // What another one made would be taken for this one's.
    requireSame(plugin);
    const outside = await leadsOutside(dir);
    if (outside !== null)
      throw failure(`${outside} is a link to a place outside of its folder`, 'Put the file itself there.');
    const main = pathToFileURL(join(await realpath(dir), manifest.main ?? 'index.js')).href;
    const made = new Life({ facts, dir, main, suites: speaks, broker, log, limits });
    current = made;
    made.onFault = (fault) => {
      log.say(fault.message);
      void log.keep();
      options.onCrash?.(fault);
    };
    await made.begin();
    try {
      // While it was loaded, too.
      requireSame(plugin);
    } catch (error) {
      await made.stop();
      throw error;
    }
    return made;
  };
  /** One at a time, however many ask. */
  const living = (): Promise<Life> => {
    if (life && !current?.isOver) return life;
    const next = begin();
    life = next;
    next.catch(() => {
      if (life === next) life = null;
    });
    return next;
  };
  const stop = async (): Promise<void> => {
    if (idle) clearTimeout(idle);
    const last = current;
    life = null;
    current = null;
    if (last) {
      dropped += last.dropped;
      ending = last.stop().then(() => log.keep());
    }
    await ending;
  };
  /** Nobody asks any more. */
  const rest = () => {
    if (idle) clearTimeout(idle);
    idle = null;
    if (turn.activeCount + turn.pendingCount > 1) return;
    idle = setTimeout(() => void stop(), limits.idleMs).unref();
  };

  const call: PluginHandle['call'] = async (suite, method, of, input, asked = {}) => {
    const { on, input: asks, output } = suite.calls[method]!;
    if (!speaks.includes(suiteId(suite)))
      throw failure(`it does not speak ${suiteId(suite)}`, 'Its manifest must list it under "suites".');
    const args = asks.parse(input);
    const { signal, deadlineMs = limits.callMs, onProgress, files } = asked;
    const answer = await turn(async () => {
      if (idle) clearTimeout(idle);
      try {
        if (signal?.aborted) throw new Cancelled();
        const one = await living();
        return await one.call({ on, of, name: method, args, signal, deadlineMs, onProgress, files });
      } finally {
        log.keepSoon();
        rest();
      }
    });
    const read = output.safeParse(answer);
    if (read.success) return read.data as never;
    throw failure(`its answer to ${on}.${of}.${method} is none: ${issueLine(read.error)}`, TELL);
  };
  return {
    facts,
    suites: speaks,
    call,
    stop,
    get log() {
      return log.text;
    },
    get isRunning() {
      return current !== null && !current.isOver;
    },
    get dropped() {
      return dropped + (current?.dropped ?? 0);
    },
  };
}

function issueLine({ issues: [issue] }: z.ZodError): string {
  const where = issue!.path.map(String).join('.').slice(0, 100);
  return `${where === '' ? 'it' : `"${where}"`} ${issueText(issue!).slice(0, 200)}`;
}
