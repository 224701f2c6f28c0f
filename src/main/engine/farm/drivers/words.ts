/** The program that runs a task, and its arguments, for schedulers that start it without a shell. */
import { AppError } from '../../../../common/errors.ts';
import { type DriverSettings, PROGRAM_SETTINGS } from '../driver.ts';
import type { FarmStep, TaskRange } from '../job-folder.ts';
import { thisProgram } from '../this-program.ts';

/** What starts Retake, and what every task is told beside. @throws AppError as wordsOf */
export function programWords(settings: DriverSettings): {
  readonly program: readonly string[];
  readonly more: readonly string[];
} {
  const [command = [], more = []] = [PROGRAM_SETTINGS.command.id, PROGRAM_SETTINGS.arguments.id].map((id) =>
    wordsOf(settings[id] ?? ''),
  );
  if (command.length > 0) return { program: command, more };
  const { command: own, env } = thisProgram();
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return { program: [...(set.length > 0 ? ['env', ...set] : []), ...own], more };
}

/** @throws AppError as wordsOf */
export function taskWords(
  settings: DriverSettings,
  folder: string,
  step: FarmStep,
  { first, last }: TaskRange,
): readonly string[] {
  const { program, more } = programWords(settings);
  const task = ['--step', step, '--first', String(first), '--last', String(last)];
  return [...program, 'farm', 'run-task', folder, ...task, ...more];
}

/** As a shell parts a line: blanks, and quotes of both kinds; nothing is replaced. @throws AppError usage for a quote that is not closed */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  let rest = line.trim();
  while (rest !== '') {
    const word = /^(?:[^\s'"]|'[^']*'|"[^"]*")+/.exec(rest)?.[0];
    if (word === undefined || /^['"]/.test(rest.slice(word.length))) {
      throw new AppError('usage', `a quote is not closed in: ${line}`, {
        doing: 'reading the settings of the farm',
      });
    }
    words.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_quoted, single, double) => single ?? double));
    rest = rest.slice(word.length).trimStart();
  }
  return words;
}
