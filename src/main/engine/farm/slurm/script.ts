/** The batch script of a job array: which task an index is, and what becomes of it when it ends. */
import { AppError } from '../../../../common/errors.ts';
import type { DriverSettings } from '../driver.ts';
import { EXIT_AGAIN, type FarmStep, type TaskRange } from '../job-folder.ts';
import { thisProgram } from '../this-program.ts';

/** How often a task that asks for it is given to somebody again. */
const MOST_RESTARTS = 3;
/** Before its time is up, in seconds: room for a checkpoint. */
const NOTICE_S = 60;

export interface Part {
  readonly step: FarmStep;
  /** Index 1 is the task after so many. */
  readonly offset: number;
  /** All tasks from there on that an array has room for; those that are whole keep their index. */
  readonly tasks: readonly TaskRange[];
}

/**
 * The shell of a batch job is told before its time is up, and nobody else, so it tells the task and waits for its own end.
 * That comes as another signal than the end of a job that is cancelled or gives way: this one is not to be given back by itself.
 * Whoever is cut off and goes on beside its twin has another attempt's name: the count of restarts is part of it.
 */
export function batchScript(folder: string, { step, tasks }: Part, settings: DriverSettings): string {
  const words = [
    settings.command || ownCommand(),
    `farm run-task ${quoted(folder)} --step ${step} --first "$first" --last "$last" --attempt "$attempt"`,
    settings.arguments,
  ];
  return `#!/bin/bash
${options(step, settings)
  .map((option) => `#SBATCH ${option}\n`)
  .join('')}
tasks=(${tasks.map(({ first, last }) => `"${first} ${last}"`).join(' ')})
read -r first last <<< "\${tasks[SLURM_ARRAY_TASK_ID - 1]}"
restarts=\${SLURM_RESTART_COUNT:-0}
attempt="slurm-$SLURM_ARRAY_JOB_ID-$SLURM_ARRAY_TASK_ID-$restarts"

${words.filter((one) => one !== '').join(' ')} &
task=$!
ends=
trap 'told=1; kill -TERM "$task" 2>/dev/null' USR1
trap 'told=1; ends=1; kill -TERM "$task" 2>/dev/null' TERM
while told=; wait "$task"; code=$?; [ -n "$told" ]; do :; done

if [ -z "$ends" ] && [ "$code" -eq ${EXIT_AGAIN} ] && [ "$restarts" -lt ${MOST_RESTARTS} ]; then
  # Not by SLURM_JOB_ID: that of the last one is the whole array's.
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
`;
}

function options(step: FarmStep, settings: DriverSettings): readonly string[] {
  const given = (flag: string, id: string) => {
    const value = settings[id]?.trim() ?? '';
    if (/[\r\n]/.test(value)) throw unfit(id, 'it has more than one line');
    return value === '' ? [] : [flag === '' ? value : `--${flag}=${value}`];
  };
  return [
    '--requeue',
    '--open-mode=append',
    `--signal=B:USR1@${NOTICE_S}`,
    ...given('partition', 'partition'),
    // Looking at takes needs no card.
    ...(step === 'assemble' ? [] : given('gres', 'gres')),
    ...given('mem', 'memory'),
    ...given('time', 'time'),
    // Last, so that it can say otherwise.
    ...given('', 'options'),
  ];
}

function unfit(setting: string, why: string): AppError {
  return new AppError('usage', why, { doing: `reading the setting ${setting} of Slurm` });
}

/** This Retake as a shell starts it. */
function ownCommand(): string {
  const { command, env } = thisProgram();
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  return [...variables, ...command.map(quoted)].join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** "1-3,7": indices of an array; ascending. */
export function indexList(indices: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const index of indices) {
    const run = runs.at(-1);
    if (run && run.last === index - 1) run.last = index;
    else runs.push({ first: index, last: index });
  }
  return runs.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
