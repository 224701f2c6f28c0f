/** `retake farm run-task`: what a scheduler runs on each of its machines. It says how far it is in Open Job Description's words. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FarmTaskEnd } from '../../../common/contract/farm-task.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
import type { Engine } from '../engine.ts';

interface Terminal {
  withEngine<Result>(task: (engine: Engine) => Promise<Result>): Promise<Result>;
}

interface Flags {
  readonly step: 'invert' | 'render' | 'assemble';
  readonly range?: Range;
  readonly first?: number;
  readonly last?: number;
  readonly attempt?: string;
  readonly map: readonly string[];
  readonly pathMapping?: string;
  readonly models: readonly string[];
  readonly scratch?: string;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Of another attempt, which may do better (sysexits.h). */
const EXIT_AGAIN = 75;
const each = (value: string, before: readonly string[]) => [...before, value];

export function addRunTaskCommand(farm: Command, { withEngine }: Terminal): void {
  farm
    .command('run-task')
    .argument('<folder>', 'the job')
    .addOption(
      new Option('--step <step>', 'of the job')
        .choices(['invert', 'render', 'assemble'])
        .makeOptionMandatory(),
    )
    .option('--range <numbers>', 'of the step: 3, or 3-5', rangeOf)
    .addOption(new Option('--first <number>', 'the same in two').argParser(numberOf).conflicts('range'))
    .addOption(new Option('--last <number>').argParser(numberOf).conflicts('range'))
    .option('--attempt <name>', 'what the scheduler calls this attempt')
    .option('--map <from=to>', 'where a path of the desk is on this machine; may be repeated', each, [])
    .option('--path-mapping <file>', 'the same as a file (Open Job Description, pathmapping-1.0)')
    .option('--models <folder>', 'where to look for models; may be repeated', each, [])
    .option('--scratch <folder>', 'where to compute, on a disk of this machine')
    .description(
      'Do one task of a job on this machine. Ends with 75 where another attempt may do better, with 65 where none does.',
    )
    .action(async (folder: string, flags: Flags) => {
      const { exit, line } = await done(folder, flags, withEngine);
      if (line !== '') say('openjd_fail', line);
      process.exitCode = exit;
    });
}

async function done(
  folder: string,
  flags: Flags,
  withEngine: Terminal['withEngine'],
): Promise<Pick<FarmTaskEnd, 'exit' | 'line'>> {
  const { step, attempt = null, map, pathMapping, models, scratch } = flags;
  const { first = 1, last = first } = flags.range ?? flags;
  try {
    return await withEngine((engine) => {
      engine.onEvent((event) => {
        if (event.kind === 'farm-task') show(event);
        else if (event.kind === 'warning') process.stdout.write(`${event.message}\n`);
      });
      const task = {
        ...{ folder: resolve(folder), step, first, last, attempt, map: [...map] },
        pathMapping: pathMapping === undefined ? null : resolve(pathMapping),
        models: models.map((one) => resolve(one)),
        scratch: scratch === undefined ? null : resolve(scratch),
      };
      return engine.call('farm.runTask', task, { signal: stopSignal() });
    });
  } catch (error) {
    // Killed for its memory, most likely: another machine may have more.
    if (error instanceof AppError && error.code === 'engine-died')
      return { exit: EXIT_AGAIN, line: errorLine(error) };
    throw error;
  }
}

/** Schedulers tell more than once, and every process of a task: the last that is heard is the first. */
function stopSignal(): AbortSignal {
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  return abort.signal;
}

let shown = '';
let said = '';

function show({ fraction, doing, line }: { fraction: number; doing: string; line: string | null }): void {
  const percent = (100 * fraction).toFixed(1);
  if (percent !== shown) say('openjd_progress', percent);
  shown = percent;
  // A count that goes on is progress, which has been said.
  const words = doing.replace(/ \d+\/\d+$/, '');
  if (words !== said) say('openjd_status', words);
  said = words;
  if (line !== null) process.stdout.write(`${line}\n`);
}

/** One line: others would be read as words of the task. */
function say(word: 'openjd_progress' | 'openjd_status' | 'openjd_fail', text: string): void {
  const [first = '', ...more] = text.split('\n');
  process.stdout.write(`${word}: ${first}\n${more.map((line) => `${line}\n`).join('')}`);
}

function numberOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it is no number from 1 on.');
}

function rangeOf(text: string): Range {
  const [first = '', last = first, ...more] = text.split('-');
  if (more.length > 0) throw new InvalidArgumentError('write 3, or 3-5.');
  return { first: numberOf(first), last: numberOf(last) };
}
