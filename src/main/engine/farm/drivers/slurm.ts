/** Slurm: each step a job array (or some, where it is longer than the place allows), by the programs that every cluster has. */
import { mkdir } from 'node:fs/promises';
import {
  type DriverSettings,
  type FarmDriver,
  type FarmFolder,
  PROGRAM_SETTINGS,
  type Submission,
} from '../driver.ts';
import { FARM_STEPS, type FarmStep, farmPaths } from '../job-folder.ts';
import { missingTasks, tasksOf } from '../missing.ts';
import { slurm as ask, told } from '../slurm/programs.ts';
import { jobName, livingRows, type Row, rowsOf, schedulerState } from '../slurm/rows.ts';
import { batchScript, indexList, type Part } from '../slurm/script.ts';

/** Tasks of an array where the place allows more (slurm.conf, MaxArraySize); its default is 1001, which no index may reach. */
const LONGEST_ARRAY = 1000;

export const slurm: FarmDriver = {
  id: 'slurm',
  label: 'Slurm',
  summary: 'Job arrays of a Slurm cluster whose nodes see the folder, the clips and the models.',
  settings: [
    {
      id: 'partition',
      label: 'Partition',
      help: 'Where tasks run. Empty: the default one of the cluster.',
      default: '',
    },
    {
      id: 'gres',
      label: 'Generic resources',
      help: 'What each task gets beside processors: gpu:1.',
      default: '',
    },
    {
      id: 'memory',
      label: 'Memory',
      help: 'Of each task: 16G. Empty: as the partition has it.',
      default: '',
    },
    {
      id: 'time',
      label: 'Time limit',
      help: 'Of each task: 4:00:00. A minute before, it keeps where it is and is given back.',
      default: '',
    },
    {
      id: 'atOnce',
      label: 'Tasks at once',
      help: 'How many run at the same time. Empty: as many as there is room for.',
      default: '',
    },
    {
      id: 'options',
      label: 'Further options',
      help: 'Of sbatch, in one line: --account=films --qos=night --cpus-per-task=8.',
      default: '',
    },
    PROGRAM_SETTINGS.command,
    PROGRAM_SETTINGS.arguments,
  ],

  async submit(at, settings, signal) {
    const { job, folder } = at;
    const size = await arraySize(signal);
    await mkdir(farmPaths.logs(folder), { recursive: true });
    const living = await livingRows(namesOf(at, size), signal);
    // It looks at all takes, so it is to wait for what is submitted now too.
    const looking = living.filter(({ step }) => step === 'assemble');
    if (looking.length > 0)
      await cancelJobs(
        looking.map(({ array }) => array),
        signal,
      );

    const ids: Partial<Record<FarmStep, string[]>> = {};
    const submitted: string[] = [];
    let before: readonly string[] = [];
    try {
      for (const step of FARM_STEPS) {
        const kept = step === 'assemble' ? [] : living.filter((row) => row.step === step);
        const fresh: string[] = [];
        for (const { part, indices } of await partsOf(at, step, size, kept)) {
          const dependency = before.length > 0 ? [`--dependency=${when(step)}:${before.join(':')}`] : [];
          const args = [
            ...['--parsable', `--job-name=${jobName(job, step, part.offset)}`, ...dependency],
            ...['--kill-on-invalid-dep=yes', `--array=${indexList(indices)}${limit(settings)}`],
            `--output=${farmPaths.logs(folder).replaceAll('%', '%%')}/${step}-%A_%a.txt`,
          ];
          const answer = await told(
            ask('sbatch', args, signal, batchScript(folder, part, settings)),
            `submitting the step ${step}`,
          );
          // "1234", or "1234;cluster".
          fresh.push(answer.trim().split(';')[0]!);
          submitted.push(fresh.at(-1)!);
        }
        const all = [...new Set([...kept.map(({ array }) => array), ...fresh])];
        if (all.length > 0) ids[step] = all;
        before = [...kept.map(({ array, index }) => `${array}_${index}`), ...fresh];
      }
    } catch (error) {
      // A job of which half is there is none. Whoever gave up has a signal that is spent.
      if (submitted.length > 0) await cancelJobs(submitted, AbortSignal.timeout(30_000)).catch(() => {});
      throw error;
    }
    return { driver: slurm.id, settings: { ...settings }, at: Date.now(), ids };
  },

  async status(submission, { job }, signal) {
    const rows = await rowsOf(arraysOf(submission), signal);
    return schedulerState(job, rows);
  },

  async cancel(submission, at, signal) {
    const living = await livingRows(namesOf(at, await arraySize(signal)), signal);
    await cancelJobs([...arraysOf(submission), ...living.map(({ array }) => array)], signal);
  },
};

/** What render misses it makes by itself, so it waits for invert however that ends; there is nothing to look at but whole takes. */
function when(step: FarmStep): 'afterok' | 'afterany' {
  return step === 'assemble' ? 'afterok' : 'afterany';
}

interface Batch {
  readonly part: Part;
  /** Of tasks that are neither whole nor with Slurm. */
  readonly indices: readonly number[];
}

async function partsOf(
  { folder, job }: FarmFolder,
  step: FarmStep,
  size: number,
  kept: readonly Row[],
): Promise<readonly Batch[]> {
  const missing = new Set((await missingTasks(folder, job, step)).map(({ first }) => first));
  const there = new Set(kept.map(({ offset, index }) => offset + index));
  const tasks = tasksOf(job, step);
  const parts: Batch[] = [];
  for (let offset = 0; offset < tasks.length; offset += size) {
    const own = tasks.slice(offset, offset + size);
    const indices = own.flatMap(({ first }, i) =>
      missing.has(first) && !there.has(offset + i + 1) ? [i + 1] : [],
    );
    if (indices.length > 0) parts.push({ part: { step, offset, tasks: own }, indices });
  }
  return parts;
}

function namesOf({ job }: FarmFolder, size: number): readonly string[] {
  return FARM_STEPS.flatMap((step) => {
    const parts = Math.ceil(tasksOf(job, step).length / size);
    return Array.from({ length: parts }, (_, part) => jobName(job, step, part * size));
  });
}

async function arraySize(signal: AbortSignal): Promise<number> {
  const text = await told(ask('scontrol', ['show', 'config'], signal), 'asking Slurm how it is set up');
  const most = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(text)?.[1] ?? LONGEST_ARRAY + 1) - 1;
  return Math.max(1, Math.min(LONGEST_ARRAY, most));
}

async function cancelJobs(arrays: readonly string[], signal: AbortSignal): Promise<void> {
  if (arrays.length === 0) return;
  await told(ask('scancel', ['--quiet', ...new Set(arrays)], signal), 'cancelling tasks');
}

function limit({ atOnce = '' }: DriverSettings): string {
  return atOnce.trim() === '' ? '' : `%${atOnce.trim()}`;
}

function arraysOf({ ids }: Submission): readonly string[] {
  return FARM_STEPS.flatMap((step) => ids[step] ?? []);
}
