/** Shots of a project as a farm takes them: the file is read and not opened, so that a window may have it open meanwhile. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Calls } from '../../../common/contract/contract.ts';
import { AppError } from '../../../common/errors.ts';
import { PROVIDERS } from '../../../common/settings/model.ts';
import type { Engine } from '../engine.ts';

export interface PackFlags {
  readonly shot?: readonly string[];
  readonly out?: string;
  readonly takes?: string;
  readonly bundle?: string;
  readonly provider?: (typeof PROVIDERS)[number];
  readonly copyModels?: boolean;
}

/** What `farm pack` and `farm submit` ask for alike. */
export function addPackOptions(command: Command): Command {
  return command
    .argument('<project>', 'a project of the desktop (.retake)')
    .option(
      '--shot <names...>',
      'these shots, as the window calls them, or by number: 1,3-5; all by default',
      shotsOf,
    )
    .option(
      '--out <folder>',
      'the folder of the job, on a disk that all machines have; beside the project by default',
    )
    .option('--takes <folder>', "where takes come home to; the project's folder of takes by default")
    .option('--bundle <dir>', "the model; the project's by default")
    .addOption(
      new Option('--provider <name>', "what machines compute with; the project's by default").choices(
        PROVIDERS,
      ),
    )
    .option('--copy-models', 'models go along, for machines that do not have them');
}

/** @throws AppError usage for shots that there are not */
export async function packRequest(
  engine: Engine,
  file: string,
  flags: PackFlags,
): Promise<Calls['farm.pack']['input']> {
  const { path, document } = await engine.call('project.read', { path: resolve(file) });
  const all = document.timeline.flatMap((item) => (item.kind === 'shot' ? [item] : []));
  const chosen = flags.shot ? [...new Set(flags.shot.flatMap((text) => named(all, text)))] : all;
  if (chosen.length === 0) throw usage('the project has no shots', 'Cut its clips into shots first.');
  // Whoever types a path wants it looked at, wherever it is.
  if (flags.bundle !== undefined) await engine.call('project.reach', { path: resolve(flags.bundle) });
  return {
    project: path,
    shots: chosen
      .toSorted((a, b) => all.indexOf(a) - all.indexOf(b))
      .map((shot) => ({ shot, clip: document.clips[shot.clipId]! })),
    bundle: flags.bundle === undefined ? document.bundle : resolve(flags.bundle),
    provider: flags.provider ?? document.provider,
    takesFolder: resolve(flags.takes ?? document.takesFolder ?? `${path.replace(/\.retake$/i, '')} takes`),
    folder: flags.out === undefined ? null : resolve(flags.out),
    copyModels: flags.copyModels ?? false,
  };
}

interface Named {
  readonly id: string;
  readonly name: string;
}

function named<T extends Named>(all: readonly T[], text: string): readonly T[] {
  const found = all.filter(({ id, name }) => id === text || name === text);
  if (found.length > 1) throw usage(`there are ${found.length} shots ${text}`, 'Name it by its number: 3.');
  if (found.length === 1) return found;
  const numbers = numbersIn(text);
  const missing = numbers?.find((number) => number < 1 || number > all.length);
  if (!numbers || missing !== undefined) {
    const what = missing === undefined ? text : `${missing} of ${all.length}`;
    throw usage(
      `there is no shot ${what}`,
      'Names are those of the window; numbers count from 1 in playing order.',
    );
  }
  return numbers.map((number) => all[number - 1]!);
}

/** "1,3-5" → 1, 3, 4, 5; null for what is none. */
function numbersIn(text: string): number[] | null {
  const parts = text.split(',').map((part) => /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim()));
  if (parts.some((part) => part === null || Number(part[2] ?? part[1]) < Number(part[1]))) return null;
  return parts.flatMap((part) => {
    const first = Number(part![1]);
    return Array.from({ length: Number(part![2] ?? first) - first + 1 }, (_, i) => first + i);
  });
}

function shotsOf(text: string, before: readonly string[] = []): string[] {
  if (text.trim() === '') throw new InvalidArgumentError('A name, or numbers: 1,3-5.');
  return [...before, text];
}

function usage(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'choosing shots', hint });
}
