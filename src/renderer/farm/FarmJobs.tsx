/** What is out on other machines: jobs and their shots, where each runs and why it failed. Only the rows in sight are drawn. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronRight } from 'lucide-react';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import type { FarmStatus } from '../../common/contract/farm.ts';
import { cancelAtFarm, sendAgain } from '../actions/farm.ts';
import { foldFarm, loadFarm, useFarm } from '../store/farm.ts';
import { attempt } from '../store/notices.ts';
import { useOpened } from '../store/project.ts';
import { useEngineState } from '../store/session.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import styles from './FarmJobs.module.css';
import { JobRow } from './JobRow.tsx';
import { canBe, type FarmRow, farmHeadline, farmRows } from './rows.ts';
import { ShotRow } from './ShotRow.tsx';

/** The fold of all of it. */
const ALL = '';

export function FarmJobs() {
  const jobs = useFarm((farm) => farm.jobs);
  const problem = useFarm((farm) => farm.problem);
  const isOpen = useFarm((farm) => farm.folds[ALL] ?? true);
  const { engine } = useEngineState();
  if (engine === 'up' && problem !== null)
    return (
      <section className={styles.note} aria-label="Farm">
        <p className={texts.problem} role="alert">
          {problem}
        </p>
        <Button onPress={() => void loadFarm()}>Ask the farm again</Button>
      </section>
    );
  if (!jobs)
    return engine === 'up' ? (
      <section className={styles.note} aria-label="Farm">
        <p className={`${texts.quiet} ${styles.slow}`}>Asking what is at the farm…</p>
      </section>
    ) : null;
  if (jobs.length === 0) return null;
  return (
    <section className={isOpen ? styles.farm : styles.folded} aria-label="Farm">
      <button
        type="button"
        className={styles.head}
        aria-expanded={isOpen}
        onClick={() => foldFarm(ALL, !isOpen)}
      >
        <ChevronRight aria-hidden="true" />
        {farmHeadline(jobs)}
      </button>
      {isOpen ? <Rows jobs={jobs} /> : null}
    </section>
  );
}

const ROW_HEIGHT = 56;

function Rows({ jobs }: { readonly jobs: readonly FarmStatus[] }) {
  const project = useOpened()?.id ?? null;
  const folds = useFarm((farm) => farm.folds);
  const [active, setActive] = useState<string | null>(null);
  const rows = useMemo(() => farmRows(jobs, folds), [jobs, folds]);
  const scroller = useRef<HTMLDivElement>(null);
  const drawn = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]!.id,
    overscan: 6,
  });
  const at = Math.max(
    0,
    rows.findIndex(({ id }) => id === active),
  );
  const go = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    const row = rows[next];
    if (!row) return;
    setActive(row.id);
    drawn.scrollToIndex(next);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(row.id)}"]`)?.focus(),
    );
  };
  const act = (key: string, { kind, job }: FarmRow): boolean => {
    const can = canBe(job);
    if (key === 'ArrowUp') go(at - 1);
    else if (key === 'ArrowDown') go(at + 1);
    else if (key === 'Home') go(0);
    else if (key === 'End') go(rows.length - 1);
    else if (key === 'ArrowRight' && kind === 'job') foldFarm(job.folder, true);
    else if (key === 'ArrowLeft' && kind === 'job') foldFarm(job.folder, false);
    else if (key === 'ArrowLeft') go(rows.findIndex(({ id }) => id === job.folder));
    else if (key === 'Delete' && can.cancelled) void attempt(cancelAtFarm(job));
    else if (key === 'Enter' && can.sent) void attempt(sendAgain(job));
    else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    if (!row || !(event.target instanceof Element) || !event.target.matches('[data-row]')) return;
    if (act(event.key, row)) event.preventDefault();
  };
  return (
    <div className={styles.list} ref={scroller}>
      <ul
        aria-label="At the farm. Arrow keys unfold a job, Delete cancels it, Enter sends again what is missing."
        style={{ height: drawn.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {drawn.getVirtualItems().map(({ key, index, start }) => {
          const row = rows[index]!;
          const place = {
            ...{ index, start, size: rows.length, isActive: index === at, id: row.id },
            ...{ measure: drawn.measureElement, onFocus: () => setActive(row.id) },
          };
          return row.kind === 'job' ? (
            <JobRow
              key={key}
              place={place}
              job={row.job}
              elsewhere={row.job.project.id === project ? null : row.job.project.name}
              isOpen={row.isOpen}
              onFold={(isOpen) => foldFarm(row.id, isOpen)}
            />
          ) : (
            <ShotRow key={key} place={place} job={row.job} shot={row.shot} />
          );
        })}
      </ul>
    </div>
  );
}
