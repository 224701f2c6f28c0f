/** What the engine is doing: the queue, clean frames predicted so far, imports, downloads. */
import { create } from 'zustand';
import type { DownloadProgress } from '../../common/contract/bundles.ts';
import type { DesktopEvent } from '../../common/contract/events.ts';
import type { QueueEntry } from '../../common/contract/queue.ts';

export type PreviewFrame = Extract<DesktopEvent, { kind: 'preview-frame' }>;

interface Jobs {
  readonly entries: readonly QueueEntry[];
  readonly paused: boolean;
  /** Latest clean frame predicted for each shot that renders now. */
  readonly frames: Readonly<Record<string, PreviewFrame>>;
  /** By path of the clip; gone when done. */
  readonly imports: Readonly<Record<string, { readonly what: string; readonly fraction: number }>>;
  readonly download: DownloadProgress | null;
}

const empty: Jobs = { entries: [], paused: false, frames: {}, imports: {}, download: null };
export const jobsStore = create<Jobs>(() => empty);

export function useJobs<Part>(select: (jobs: Jobs) => Part): Part {
  return jobsStore(select);
}

export function setQueue(entries: readonly QueueEntry[], paused: boolean): void {
  const running = new Set(entries.filter((one) => one.state === 'running').map((one) => one.id));
  jobsStore.setState(({ frames }) => ({
    entries,
    paused,
    frames: Object.fromEntries(Object.entries(frames).filter(([, frame]) => running.has(frame.jobId))),
  }));
}

export function onJobEvent(event: DesktopEvent): void {
  if (event.kind === 'queue') setQueue(event.entries, event.paused);
  else if (event.kind === 'preview-frame') {
    jobsStore.setState(({ frames }) => ({ frames: { ...frames, [event.shotId]: event } }));
  } else if (event.kind === 'import-progress') {
    jobsStore.setState(({ imports }) => {
      const { [event.path]: _, ...others } = imports;
      return event.fraction >= 1
        ? { imports: others }
        : { imports: { ...others, [event.path]: { what: event.what, fraction: event.fraction } } };
    });
  } else if (event.kind === 'download') jobsStore.setState({ download: event.progress });
}

export function resetJobs(): void {
  jobsStore.setState(empty);
}
