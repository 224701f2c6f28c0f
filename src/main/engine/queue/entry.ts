/** A job as the window shows it. Pure. */
import type { Progress } from '../../../common/contract/jobs.ts';
import type { QueueEntry } from '../../../common/contract/queue.ts';
import { errorLine, fromWire, type WireError } from '../../../common/errors.ts';
import type { Job } from './job.ts';

/** `now`: where it stands while it runs. */
export function entryOf(job: Job, now: Progress | null): QueueEntry {
  const desk = job.desk!;
  const failed = job.state === 'failed' && job.error ? wordsOf(job.error) : { error: null, hint: null };
  return {
    id: job.id,
    shotId: desk.shotId,
    label: desk.label,
    project: desk.project && { id: desk.project.id, name: projectName(desk.project.path) },
    position: desk.position,
    state: job.state,
    settings: job.settings,
    fraction: now?.fraction ?? job.fraction,
    etaSeconds: now?.etaSeconds ?? null,
    phase: now?.phase ?? null,
    learning: now?.learning ?? null,
    preview: job.kind === 'preview',
    filed: desk.filed,
    ...failed,
  };
}

function wordsOf(error: WireError): { error: string; hint: string | null } {
  return { error: errorLine(fromWire({ ...error, hint: '' })), hint: error.hint || null };
}

/** "/films/A film.retake" → "A film". */
export function projectName(path: string): string {
  return path.replace(/^.*[\\/]/, '').replace(/\.retake$/i, '');
}
