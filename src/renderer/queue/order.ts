/** The queue as the panel reads it: sums, words, and where a moved render goes. Pure. */
import type { QueueEntry, QueueState } from '../../common/contract/queue.ts';
import { duration } from '../ui/words.ts';

export const isOver = (state: QueueState) => state === 'done' || state === 'failed' || state === 'cancelled';

export interface Overall {
  /** Renders that run or wait, and how many of this sitting have ended well. */
  readonly left: number;
  readonly done: number;
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
    fraction: counted.length === 0 ? 0 : sum / counted.length,
    etaSeconds: waiting.length === 0 ? (running?.etaSeconds ?? null) : null,
  };
}

const PHASES: Readonly<Record<string, string>> = {
  open: 'Loading the model',
  invert: 'Inverting',
  sample: 'Sampling',
  encode: 'Writing the take',
};

/** What an entry is doing, in a few words. */
export function stateText(entry: QueueEntry, paused: boolean): string {
  if (entry.state === 'running') {
    const phase = PHASES[entry.phase ?? ''] ?? 'Starting';
    const eta = entry.etaSeconds === null ? '' : ` · ${duration(entry.etaSeconds)} left`;
    return `${phase} · ${Math.floor(entry.fraction * 100)} %${eta}`;
  }
  if (entry.state === 'waiting') return paused ? 'Waits until the queue goes on' : 'Waits';
  if (entry.state === 'paused') return `Paused at ${Math.floor(entry.fraction * 100)} %`;
  if (entry.state === 'done') return 'Done';
  if (entry.state === 'failed') return 'Failed';
  return 'Cancelled';
}

/** Only renders that wait can be moved: `before` is the entry they are put in front of; undefined where it stays. */
export function moveTarget(
  entries: readonly QueueEntry[],
  id: string,
  places: 1 | -1,
): string | null | undefined {
  const waiting = entries.filter((one) => one.state === 'waiting' || one.state === 'paused');
  const at = waiting.findIndex((one) => one.id === id);
  const to = at + places;
  if (at < 0 || to < 0 || to >= waiting.length) return undefined;
  return places < 0 ? waiting[to]!.id : (waiting[to + 1]?.id ?? null);
}
