/** The queue as the panel reads it: sums, words, and where a moved render goes. Pure. */
import type { JobState } from '../../common/contract/jobs.ts';
import type { QueueEntry } from '../../common/contract/queue.ts';
import { duration } from '../../common/time/duration.ts';
import type { ExportRun } from '../store/exporting.ts';
import { count } from '../words.ts';

export const isWaiting = (state: JobState) => state === 'queued' || state === 'paused';
export const isOver = (state: JobState) => state === 'done' || state === 'failed' || state === 'cancelled';

export interface Overall {
  /** Renders that run or wait, how many ended well, and how many failed. */
  readonly left: number;
  readonly done: number;
  readonly failed: number;
  /** 0..1 over all that were not cancelled or failed. */
  readonly fraction: number;
  /** Of the running one, and of those waiting when they can be judged by it; null when unknown. */
  readonly etaSeconds: number | null;
}

export function overall(entries: readonly QueueEntry[]): Overall {
  const counted = entries.filter((one) => one.state !== 'cancelled' && one.state !== 'failed');
  const open = counted.filter((one) => !isOver(one.state));
  const running = open.find((one) => one.state === 'running');
  const waiting = open.filter((one) => one !== running);
  const sum = counted.reduce((total, one) => total + (one.state === 'done' ? 1 : one.fraction), 0);
  return {
    left: open.length,
    done: counted.length - open.length,
    failed: entries.filter((one) => one.state === 'failed').length,
    fraction: counted.length === 0 ? 0 : sum / counted.length,
    etaSeconds: waiting.length === 0 ? (running?.etaSeconds ?? null) : null,
  };
}

/** One line over the whole queue: what is to go, and never "All done" over something that failed. */
export function headline({ left, done, failed, etaSeconds }: Overall, paused: boolean): string {
  const bad = failed > 0 ? `${count(failed, 'render')} failed` : '';
  const eta = etaSeconds === null ? '' : ` · ${duration(etaSeconds)} left`;
  if (left > 0) return `${count(left, 'render')} to go${paused ? ', paused' : eta}${bad ? ` · ${bad}` : ''}`;
  if (bad) return done > 0 ? `${bad}, ${done} done` : bad;
  return done > 0 ? 'All done' : 'Nothing to do';
}

/** Those of the open project first, each part in playing order; renders from before projects had an id count as its own. */
export function shownOrder(entries: readonly QueueEntry[], project: string | null): readonly QueueEntry[] {
  const isOther = (one: QueueEntry) => one.project !== null && one.project.id !== project;
  return entries.toSorted((a, b) => Number(isOther(a)) - Number(isOther(b)) || a.position - b.position);
}

const PHASES: Readonly<Record<string, string>> = {
  open: 'Loading the model',
  flow: 'Following the motion',
  learn: 'Learning the clip',
  invert: 'Analysing the clip',
  sample: 'Making the frames',
  encode: 'Writing the take',
};

/** What an entry is doing, in a few words. */
export function stateText(entry: QueueEntry, paused: boolean): string {
  if (entry.state === 'running') {
    const phase = PHASES[entry.phase ?? ''] ?? 'Starting';
    const eta = entry.etaSeconds === null ? '' : ` · ${duration(entry.etaSeconds)} left`;
    return `${phase} · ${Math.floor(entry.fraction * 100)} %${eta}`;
  }
  if (entry.state === 'queued') return paused ? 'Waits until the queue goes on' : 'Waits';
  if (entry.state === 'paused') return `Paused at ${Math.floor(entry.fraction * 100)} %`;
  if (entry.state === 'done' && !entry.filed)
    return `Done. The take waits until ${entry.project?.name ?? 'its project'} can be written`;
  if (entry.state === 'done') return 'Done';
  if (entry.state === 'failed') return 'Failed';
  return 'Cancelled';
}

/**
 * Only renders that wait can be moved, among those of their part of the list: `before` is the entry they are put in
 * front of; undefined where it stays.
 */
export function moveTarget(
  entries: readonly QueueEntry[],
  id: string,
  places: 1 | -1,
): string | null | undefined {
  const project = entries.find((one) => one.id === id)?.project?.id;
  const waiting = entries.filter((one) => isWaiting(one.state) && one.project?.id === project);
  const at = waiting.findIndex((one) => one.id === id);
  const to = at + places;
  if (at < 0 || to < 0 || to >= waiting.length) return undefined;
  return places < 0 ? waiting[to]!.id : (waiting[to + 1]?.id ?? null);
}

/** "Export · 42 % · file 2 of 3", with its share in percent; null unless one runs. */
export function exportLine(
  run: Pick<ExportRun, 'state' | 'progress'> | null,
): { readonly text: string; readonly percent: number } | null {
  if (run?.state !== 'running') return null;
  const { progress } = run;
  const percent = Math.floor((progress?.fraction ?? 0) * 100);
  const file = progress ? ` · file ${progress.file} of ${progress.files}` : '';
  return { text: `Export · ${percent} %${file}`, percent };
}
