/** A plugin of the tier "script" as everybody sees a plugin: asked, checked both ways, never trusted. */
import type { z } from 'zod';
import { AppError } from '../../../../common/errors.ts';
import { issueText } from '../../../../common/issue.ts';
import { farmV1 } from '../../../../common/plugins/farm-v1.ts';
import type { PluginHandle } from '../../../../common/plugins/handle.ts';
import { agree, type Suite, suiteId } from '../../../../common/plugins/suites.ts';
import { timelineV1 } from '../../../../common/plugins/timeline-v1.ts';
import type { InstalledPlugin } from '../installed.ts';
import type { PluginLog } from '../log.ts';
import type { ScriptEnd, ScriptFault, ScriptLimits } from './quickjs.ts';
import { readSources } from './sources.ts';
import { ScriptThread } from './thread.ts';

/** What scripts can be asked. */
const OFFERED: readonly Suite[] = [timelineV1, farmV1];

/** An interpreter is some hundred times slower than Node: enough for the timeline of a film. */
const LIMITS: ScriptLimits = {
  memoryBytes: 256 * 2 ** 20,
  stackBytes: 256 * 1024,
  deadlineMs: 30_000,
  answerCharacters: 64_000_000,
};

interface ScriptOptions {
  readonly limits?: Partial<ScriptLimits>;
  /** Where it prints. */
  readonly log?: PluginLog;
  /** It ended in a way that no plugin should: too late, or with no memory left. */
  readonly onCrash?: (why: string) => void;
}

/** @throws AppError plugin-invalid, plugin-failed where it asks for suites that are not offered */
export async function openScriptPlugin(
  { facts, manifest, dir }: Pick<InstalledPlugin, 'facts' | 'manifest' | 'dir'>,
  { limits = {}, log, onCrash }: ScriptOptions = {},
): Promise<PluginHandle> {
  const who = `${facts.name} ${facts.version}`;
  const failure = (message: string, hint: string, cause?: unknown) =>
    new AppError('plugin-failed', message, { doing: who, hint, cause });
  const { speaks, missing } = agree(manifest.suites, OFFERED);
  if (missing.length > 0)
    throw failure(
      `it wants ${missing.join(', ')}, which this Retake does not have`,
      'Update Retake or the plugin.',
    );
  const sources = await readSources(dir, `opening ${who}`);
  const thread = new ScriptThread();

  const call: PluginHandle['call'] = async (suite, method, of, input, options = {}) => {
    const { on, input: asks, output } = suite.calls[method]!;
    if (!speaks.includes(suiteId(suite)))
      throw failure(`it does not speak ${suiteId(suite)}`, 'Its manifest must list it under "suites".');
    const args = JSON.stringify(asks.parse(input));
    const own = { ...LIMITS, ...limits };
    const { deadlineMs = own.deadlineMs, signal } = options;
    const task = { sources, main: manifest.main!, on, of, method, args, limits: { ...own, deadlineMs } };
    const end = await thread.run(task, signal);
    for (const line of end.log) log?.line(line);
    if (end.fault !== null) {
      if (CRASHES.includes(end.fault)) {
        log?.say(FAULTS[end.fault]);
        onCrash?.(FAULTS[end.fault]);
      }
      log?.keepSoon();
      throw failure(lineOf(end), hintOf(end.fault));
    }
    log?.keepSoon();
    return checked(output, end.answer!, failure) as never;
  };
  const stop = async () => {
    await thread.stop();
    await log?.keep();
  };
  return { facts, suites: speaks, call, stop };
}

const CRASHES: readonly ScriptFault[] = ['too-late', 'memory', 'stack'];

const FAULTS: Readonly<Record<ScriptFault, string>> = {
  threw: 'it failed',
  'too-late': 'it took too long and was stopped',
  memory: 'it wanted more memory than a script may have',
  stack: 'it called itself too deeply',
  'answer-too-large': 'its answer is too large',
  'no-answer': 'it gave no answer',
};

function lineOf({ fault, message, place }: ScriptEnd): string {
  const what = message === '' || fault !== 'threw' ? FAULTS[fault!] : message;
  return place === null ? what : `${what} (${place})`;
}

function hintOf(fault: ScriptFault): string {
  return fault === 'answer-too-large'
    ? 'Export a part of the timeline.'
    : 'Tell whoever made the plugin, or leave it out.';
}

type Failure = (message: string, hint: string, cause?: unknown) => AppError;

/** @throws AppError plugin-failed naming the first thing that is wrong */
function checked(output: z.ZodType, json: string, failure: Failure): unknown {
  const wrong = (what: string) => failure(`it answered nonsense: ${what}`, hintOf('threw'));
  const answer = JSON.parse(json, (key, value: unknown) => {
    if (key === '__proto__') throw wrong('a key "__proto__"');
    const bytes = typeof value === 'object' && value !== null && Object.keys(value).length === 1;
    if (!bytes || !('$bytes' in value) || typeof value.$bytes !== 'string') return value;
    return new Uint8Array(Buffer.from(value.$bytes, 'base64'));
  }) as unknown;
  const read = output.safeParse(answer);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue!.path.map(String).join('.');
  throw wrong(`${where === '' ? 'it' : `"${where.slice(0, 100)}"`} ${issueText(issue!).slice(0, 200)}`);
}
