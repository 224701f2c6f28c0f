/** What the engine is doing: the queue as a list that is kept up by what changes, clean frames predicted so far, imports, downloads. */
import { create } from 'zustand';
import type { DesktopEvent, Events } from '../../common/contract/events.ts';
import type { Progress } from '../../common/contract/jobs.ts';
import type { DownloadProgress } from '../../common/contract/library.ts';
import type { QueueEntry } from '../../common/contract/queue.ts';
import type { LearningCurve } from '../../common/learning-curve.ts';

type QueueChanges = Extract<DesktopEvent, { kind: 'queue' }>;
export type PreviewFrame = Extract<DesktopEvent, { kind: 'preview-frame' }>;

interface Jobs {
  readonly entries: readonly QueueEntry[];
  readonly paused: boolean;
  /** Id of the render whose learning the artist has ended, until it goes on. */
  readonly stopping: string | null;
  /** Latest clean frame predicted for each shot that renders now. */
  readonly frames: Readonly<Record<string, PreviewFrame>>;
  /** By path of the clip; gone when done. */
  readonly imports: Readonly<Record<string, { readonly what: string; readonly fraction: number }>>;
  readonly download: DownloadProgress | null;
}

const empty: Jobs = { entries: [], paused: false, stopping: null, frames: {}, imports: {}, download: null };
export const jobsStore = create<Jobs>(() => empty);

export function useJobs<Part>(select: (jobs: Jobs) => Part): Part {
  return jobsStore(select);
}

/** The whole queue, as it was asked for. */
export function setQueue(entries: readonly QueueEntry[], paused: boolean): void {
  jobsStore.setState(({ frames, stopping }) => ({
    ...{ entries, paused, frames: ofRunning(frames, entries), stopping: stillLearning(stopping, entries) },
  }));
}

/** What has changed since then. */
export function changeQueue({ changed, removed, paused }: QueueChanges): void {
  const gone = new Set([...removed, ...changed.map(({ id }) => id)]);
  const { entries } = jobsStore.getState();
  const kept = entries.filter(({ id }) => !gone.has(id));
  setQueue(
    [...kept, ...changed].sort((a, b) => a.position - b.position),
    paused,
  );
}

export function onProgress(job: string, { phase, fraction, etaSeconds, learning }: Progress): void {
  jobsStore.setState(({ entries: before, stopping }) => {
    const entries = before.map((one) =>
      one.id === job ? { ...one, phase, fraction, etaSeconds, learning: learning ?? null } : one,
    );
    return { entries, stopping: stillLearning(stopping, entries) };
  });
}

/** The render that learns its clip just now: one at most renders. */
export function learningIn(entries: readonly QueueEntry[]): Learning | null {
  return entries.find(isLearning) ?? null;
}

type Learning = QueueEntry & { readonly learning: LearningCurve };

function isLearning(entry: QueueEntry): entry is Learning {
  return entry.state === 'running' && entry.phase === 'learn' && entry.learning !== null;
}

function stillLearning(id: string | null, entries: readonly QueueEntry[]): string | null {
  return learningIn(entries)?.id === id ? id : null;
}

export function setStopping(id: string | null): void {
  jobsStore.setState({ stopping: id });
}

/** Predicted frames are of renders that run. */
function ofRunning(frames: Jobs['frames'], entries: readonly QueueEntry[]): Jobs['frames'] {
  const running = new Set(entries.filter((one) => one.state === 'running').map((one) => one.id));
  return Object.fromEntries(Object.entries(frames).filter(([, frame]) => running.has(frame.jobId)));
}

export function onJobEvent(event: Events): void {
  if (event.kind === 'queue') changeQueue(event);
  else if (event.kind === 'progress') onProgress(event.job, event.progress);
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
