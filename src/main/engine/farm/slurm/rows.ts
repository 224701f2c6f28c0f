/** What squeue and sacct say of the tasks of a job. Columns and not JSON: its shape changes with every release, and not every build has it. */
import type { SchedulerState, SchedulerTask } from '../driver.ts';
import { FARM_STEPS, type FarmJob, type FarmStep, type TaskRange } from '../job-folder.ts';
import { tasksOf } from '../missing.ts';
import { slurm, told } from './programs.ts';

/** A task of an array, as the scheduler has it. */
export interface Row {
  /** Of the array: "1234". */
  readonly array: string;
  readonly index: number;
  readonly step: FarmStep;
  readonly offset: number;
  readonly state: SchedulerTask['state'];
  readonly host: string | null;
  readonly why: string;
}

/** By which a job is found again, also where its id was never written down: the farm job, the step, and how many tasks lie before it. */
export function jobName(job: FarmJob, step: FarmStep, offset: number): string {
  return `retake-${job.id}-${step}-${offset}`;
}

const NAME = new RegExp(`^retake-[a-z0-9]{10}-(${FARM_STEPS.join('|')})-(\\d+)$`);

/** Slurm's manual, squeue(1), "Job state codes"; whatever else there is has failed. */
const STATES: Readonly<Record<string, SchedulerTask['state']>> = {
  PENDING: 'waiting',
  CONFIGURING: 'waiting',
  REQUEUED: 'waiting',
  REQUEUE_FED: 'waiting',
  REQUEUE_HOLD: 'waiting',
  SPECIAL_EXIT: 'waiting',
  SUSPENDED: 'waiting',
  STOPPED: 'waiting',
  RESV_DEL_HOLD: 'waiting',
  RUNNING: 'running',
  COMPLETING: 'running',
  RESIZING: 'running',
  SIGNALING: 'running',
  STAGE_OUT: 'running',
  COMPLETED: 'done',
};

/** Array, index, name, state, nodes, reason: the last may hold anything. */
const COLUMNS = '%F|%K|%j|%T|%N|%r';

/** What waits or runs under these names. @throws AppError usage where Slurm cannot be asked */
export async function livingRows(names: readonly string[], signal: AbortSignal): Promise<readonly Row[]> {
  const args = ['-h', '-r', `--name=${names.join(',')}`, '-o', COLUMNS];
  const text = await told(slurm('squeue', args, signal), 'asking Slurm what runs already');
  return parseRows(text).filter(({ state }) => state === 'waiting' || state === 'running');
}

/** Of these arrays, also what has ended, as long as Slurm remembers. @throws AppError usage where it cannot be asked */
export async function rowsOf(arrays: readonly string[], signal: AbortSignal): Promise<readonly Row[]> {
  if (arrays.length === 0) return [];
  const asked = await slurm(
    'squeue',
    ['-h', '-r', '-t', 'all', '-j', arrays.join(','), '-o', COLUMNS],
    signal,
  );
  // What it says of one job that it has forgotten; of several it says nothing.
  const forgotten = asked.code !== 0 && /invalid job id/i.test(asked.complaint);
  const rows = forgotten
    ? []
    : parseRows(await told(Promise.resolve(asked), 'asking Slurm where the tasks are'));
  const rest = arrays.filter((array) => !rows.some((row) => row.array === array));
  return rest.length === 0 ? rows : [...(await recorded(rest, signal)), ...rows];
}

/** From the accounts, which not every place keeps. */
async function recorded(arrays: readonly string[], signal: AbortSignal): Promise<readonly Row[]> {
  const columns = 'JobID,JobName%60,State,NodeList,Reason';
  const args = ['-n', '-P', '-X', '-j', arrays.join(','), '-o', columns];
  const { code, stdout } = await slurm('sacct', args, signal);
  if (code !== 0) return [];
  return parseRows(stdout.replace(/^(\d+)_(\d+)\|/gm, '$1|$2|'));
}

export function parseRows(text: string): readonly Row[] {
  return text.split('\n').flatMap((line) => {
    const [array = '', index = '', name = '', state = '', host = '', ...why] = line.split('|');
    const match = NAME.exec(name);
    // An array that waits as a whole has a range for an index.
    if (!match || !/^\d+$/.test(index)) return [];
    const word = state.split(' ')[0]!;
    const how = STATES[word] ?? 'failed';
    const reason = why.join('|').replace(/^None$/, '');
    return {
      ...{ array, index: Number(index), step: match[1] as FarmStep, offset: Number(match[2]), state: how },
      host: host === '' || how === 'waiting' || host === 'None assigned' ? null : host,
      why:
        how === 'failed'
          ? [word, reason].filter((one) => one !== '').join(': ')
          : how === 'waiting'
            ? reason
            : '',
    };
  });
}

/** Each task once: what was submitted last is what is so. */
export function schedulerState(job: FarmJob, rows: readonly Row[]): SchedulerState {
  const latest = new Map<string, Row>();
  for (const row of [...rows].sort((a, b) => Number(a.array) - Number(b.array)))
    latest.set(`${row.step} ${row.offset + row.index}`, row);
  const all = new Map(FARM_STEPS.map((step): [FarmStep, readonly TaskRange[]] => [step, tasksOf(job, step)]));
  const tasks = [...latest.values()].flatMap(({ step, offset, index, state, host, why }): SchedulerTask[] => {
    const range = all.get(step)![offset + index - 1];
    return range ? [{ step, first: range.first, last: range.last, state, host, why }] : [];
  });
  const order = (task: SchedulerTask) => FARM_STEPS.indexOf(task.step);
  tasks.sort((a, b) => order(a) - order(b) || a.first - b.first);
  const runs = tasks.some(({ state }) => state === 'running');
  const waits = tasks.some(({ state }) => state === 'waiting');
  return { state: runs ? 'running' : waits ? 'waiting' : 'ended', words: wordsFor(tasks), tasks };
}

/** "2 running on n1, n2 · 5 waiting (Resources) · 1 failed" */
function wordsFor(tasks: readonly SchedulerTask[]): string {
  const of = (state: SchedulerTask['state']) => tasks.filter((task) => task.state === state);
  const distinct = (words: readonly (string | null)[]) =>
    [...new Set(words)]
      .filter((word) => word)
      .slice(0, 3)
      .join(', ');
  const running = of('running');
  const waiting = of('waiting');
  const hosts = distinct(running.map(({ host }) => host));
  const reasons = distinct(waiting.map(({ why }) => why));
  const failed = of('failed').length;
  const parts = [
    ...(running.length > 0 ? [`${running.length} running${hosts ? ` on ${hosts}` : ''}`] : []),
    ...(waiting.length > 0 ? [`${waiting.length} waiting${reasons ? ` (${reasons})` : ''}`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return parts.join(' · ') || 'Nothing waits or runs.';
}
