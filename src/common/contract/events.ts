/** What the engine says by itself. */
import type { TakeReport } from '../report.ts';
import type { DownloadProgress } from './bundles.ts';
import type { Progress } from './jobs.ts';
import type { QueueEntry } from './queue.ts';

/** Of any job. */
export type JobEvent =
  | { readonly kind: 'started'; readonly job: string }
  | { readonly kind: 'progress'; readonly job: string; readonly progress: Progress }
  | { readonly kind: 'warning'; readonly job: string | null; readonly message: string };

export type DesktopEvent =
  | { readonly kind: 'queue'; readonly entries: readonly QueueEntry[]; readonly paused: boolean }
  | { readonly kind: 'take'; readonly entry: QueueEntry; readonly report: TakeReport }
  | {
      readonly kind: 'preview-frame';
      readonly jobId: string;
      readonly shotId: string;
      readonly frame: number;
      readonly step: number;
      /** RGBA, width·height·4. */
      readonly pixels: Uint8Array;
      readonly width: number;
      readonly height: number;
    }
  | {
      readonly kind: 'import-progress';
      readonly path: string;
      readonly what: string;
      readonly fraction: number;
    }
  | { readonly kind: 'download'; readonly progress: DownloadProgress };

export type Events = JobEvent | DesktopEvent;
