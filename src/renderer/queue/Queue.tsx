/** What renders, waits and has ended: progress, order, retry. Only the rows in sight are drawn. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { Pause, Play, Trash2 } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react';
import type { QueueEntry } from '../../common/contract/queue.ts';
import { cancelRender, moveRender, retryRender } from '../actions/queue.ts';
import { run } from '../actions/registry.ts';
import { useJobs } from '../store/jobs.ts';
import { attempt } from '../store/notices.ts';
import { useOpened } from '../store/project.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import { Meter } from '../ui/Meter.tsx';
import texts from '../ui/text.module.css';
import { ExportRow } from './ExportRow.tsx';
import { headline, isOver, moveTarget, overall, shownOrder } from './order.ts';
import styles from './Queue.module.css';
import { QueueRow } from './QueueRow.tsx';

/** @param more what renders elsewhere */
export function Queue({ more }: { readonly more: ReactNode }) {
  const entries = useJobs((jobs) => jobs.entries);
  const paused = useJobs((jobs) => jobs.paused);
  return (
    <div className={styles.queue}>
      <ExportRow />
      {more}
      <QueueHead />
      {entries.length === 0 ? (
        <p className={`${texts.quiet} ${layout.note}`}>
          Nothing waits to be rendered. Renders you start show here with their progress.
        </p>
      ) : (
        <QueueList paused={paused} />
      )}
    </div>
  );
}

function QueueHead() {
  const entries = useJobs((jobs) => jobs.entries);
  const paused = useJobs((jobs) => jobs.paused);
  const all = overall(entries);
  const { left, fraction } = all;
  const ended = entries.some((one) => isOver(one.state));
  if (entries.length === 0 && !paused) return null;
  const percent = Math.floor(fraction * 100);
  return (
    <div className={styles.head}>
      <p>{headline(all, paused)}</p>
      {left > 0 ? <Meter label="All renders" percent={percent} /> : null}
      <div className={layout.row}>
        <Button onPress={() => void run('queue.pause')}>
          {paused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
          {paused ? 'Go on' : 'Pause'}
        </Button>
        <Button isDisabled={!ended} onPress={() => void run('queue.clear')}>
          <Trash2 aria-hidden="true" />
          Clear ended
        </Button>
      </div>
    </div>
  );
}

function QueueList({ paused }: { readonly paused: boolean }) {
  const all = useJobs((jobs) => jobs.entries);
  const project = useOpened()?.id ?? null;
  const entries = useMemo(() => shownOrder(all, project), [all, project]);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const [dragged, setDragged] = useState<string | null>(null);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 64,
    getItemKey: (index) => entries[index]!.id,
    overscan: 6,
  });
  const at = Math.max(
    0,
    entries.findIndex((one) => one.id === active),
  );

  const go = (index: number) => {
    const next = Math.max(0, Math.min(entries.length - 1, index));
    const entry = entries[next];
    if (!entry) return;
    setActive(entry.id);
    rows.scrollToIndex(next);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-entry="${CSS.escape(entry.id)}"]`)?.focus(),
    );
  };
  const move = (id: string, places: 1 | -1) => {
    const before = moveTarget(entries, id, places);
    if (before !== undefined) void attempt(moveRender(id, before));
  };
  const act = (key: string, alt: boolean, { id, state }: QueueEntry): boolean => {
    if (key === 'ArrowUp' || key === 'ArrowDown') {
      const places = key === 'ArrowUp' ? -1 : 1;
      if (alt) move(id, places);
      else go(at + places);
    } else if (key === 'Home') go(0);
    else if (key === 'End') go(entries.length - 1);
    else if (key === 'Delete' && !isOver(state)) void attempt(cancelRender(id));
    else if (key === 'Enter' && (state === 'failed' || state === 'cancelled')) void attempt(retryRender(id));
    else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const entry = entries[at];
    if (!entry || !(event.target instanceof Element) || !event.target.matches('[data-entry]')) return;
    if (!act(event.key, event.altKey, entry)) return;
    event.preventDefault();
  };

  return (
    <div className={styles.list} ref={scroller}>
      <ul
        aria-label="Renders. Alt and the arrow keys move one that waits, Delete cancels, Enter tries again."
        style={{ height: rows.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {rows.getVirtualItems().map((row) => {
          const entry = entries[row.index]!;
          return (
            <QueueRow
              key={row.key}
              entry={entry}
              elsewhere={entry.project && entry.project.id !== project ? entry.project.name : null}
              paused={paused}
              position={row.index + 1}
              size={entries.length}
              top={row.start}
              measure={rows.measureElement}
              isActive={row.index === at}
              dragged={dragged}
              next={entries[row.index + 1]?.id ?? null}
              onFocus={() => setActive(entry.id)}
              onDragged={setDragged}
              onMove={(places) => move(entry.id, places)}
            />
          );
        })}
      </ul>
    </div>
  );
}
