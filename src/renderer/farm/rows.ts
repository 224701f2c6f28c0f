/** What stands at the farm, as rows and in words. */
import type { FarmShotStatus, FarmStatus } from '../../common/contract/farm.ts';
import { isOut } from '../store/farm.ts';
import { count } from '../words.ts';

/** What can be looked into first: what failed, then what runs. */
const ORDER = ['failed', 'stopped', 'running', 'waiting', 'done', 'collected'] as const;

export type FarmRow =
  | { readonly kind: 'job'; readonly id: string; readonly job: FarmStatus; readonly isOpen: boolean }
  | { readonly kind: 'shot'; readonly id: string; readonly job: FarmStatus; readonly shot: FarmShotStatus };

/** Jobs, each followed by its shots where it is unfolded; what the artist did not fold is open while it is of interest. */
export function farmRows(
  jobs: readonly FarmStatus[],
  folds: Readonly<Record<string, boolean>>,
): readonly FarmRow[] {
  return jobs.flatMap((job): FarmRow[] => {
    const isOpen = folds[job.folder] ?? (isOut(job) || job.state === 'failed');
    const head: FarmRow = { kind: 'job', id: job.folder, job, isOpen };
    if (!isOpen) return [head];
    const shots = job.shots.toSorted(
      (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.number - b.number,
    );
    return [
      head,
      ...shots.map((shot): FarmRow => ({ kind: 'shot', id: `${job.folder}\n${shot.number}`, job, shot })),
    ];
  });
}

const isMade = ({ state }: FarmShotStatus) => state === 'done' || state === 'collected';

/** Of its renders, 0..1. */
export function jobFraction({ shots }: Pick<FarmStatus, 'shots'>): number {
  if (shots.length === 0) return 0;
  return shots.reduce((sum, shot) => sum + (isMade(shot) ? 1 : shot.fraction), 0) / shots.length;
}

/** Over all that are out: "Farm: 37 of 200 shots done". */
export function farmHeadline(jobs: readonly FarmStatus[]): string {
  const out = jobs.filter(isOut);
  if (out.length === 0) return 'Farm: nothing is out';
  const shots = out.flatMap((job) => job.shots);
  return `Farm: ${shots.filter(isMade).length} of ${count(shots.length, 'shot')} done`;
}

/** "12 of 40 parts analysed", while that is not over; null then. */
export function analysedText({ state, invert }: Pick<FarmStatus, 'state' | 'invert'>): string | null {
  if (!isOut({ state }) || invert.done >= invert.of) return null;
  return `${invert.done} of ${count(invert.of, 'part')} analysed`;
}

/** How a shot stands, with the machine that has it. */
export function shotText({ state, host, doing, fraction, attempts }: Omit<FarmShotStatus, 'name'>): string {
  const on = host === null ? '' : ` on ${host}`;
  if (state === 'running') {
    const again = attempts > 1 ? ` · attempt ${attempts}` : '';
    return `${doing || 'Renders'}${on} · ${Math.floor(fraction * 100)} %${again}`;
  }
  if (state === 'waiting') return attempts > 0 ? `Waits to run again${host ? `, last${on}` : ''}` : 'Waits';
  if (state === 'done') return `Made${on}, not yet here`;
  if (state === 'collected') return `Its take is here${host ? `, made${on}` : ''}`;
  return `${state === 'failed' ? 'Failed' : 'Stopped'}${on}`;
}

/** What can be asked of a job as it stands. */
export function canBe(
  job: FarmStatus,
): Readonly<Record<'cancelled' | 'sent' | 'collected' | 'forgotten', boolean>> {
  const out = isOut(job);
  return {
    cancelled: out,
    sent: !out && job.shots.some((shot) => !isMade(shot)),
    collected: job.shots.some(({ state }) => state === 'done'),
    // Of a folder that cannot be read nobody knows whether it is out.
    forgotten: !out || job.problem !== null,
  };
}
