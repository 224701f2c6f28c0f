/** What the engine says by itself. */
import type { FiledTake } from '../project/document.ts';
import type { DeliveryProgress } from './delivery.ts';
import type { FarmStatus } from './farm.ts';
import type { Progress } from './jobs.ts';
import type { DownloadProgress } from './library.ts';
import type { QueueEntry } from './queue.ts';
import type { ReviewWork } from './takes.ts';

/** Of any job. */
export type JobEvent =
  | { readonly kind: 'started'; readonly job: string }
  | { readonly kind: 'progress'; readonly job: string; readonly progress: Progress }
  | { readonly kind: 'warning'; readonly job: string | null; readonly message: string };

/** Of `farm.runTask`: how far the task is, 0..1, and what it does; a line that it says, if it says one. */
interface FarmTaskEvent {
  readonly kind: 'farm-task';
  readonly fraction: number;
  readonly doing: string;
  readonly line: string | null;
}

export type DesktopEvent =
  /** What has changed since `queue.list` and earlier events; `progress` tells of the running one. */
  | {
      readonly kind: 'queue';
      readonly changed: readonly QueueEntry[];
      readonly removed: readonly string[];
      readonly paused: boolean;
    }
  /** What has changed since `farm.list` and earlier events; `removed` are folders. */
  | { readonly kind: 'farm'; readonly changed: readonly FarmStatus[]; readonly removed: readonly string[] }
  /** A take is in the file of its project, which need not be the open one. `label` names its shot. */
  | {
      readonly kind: 'take';
      readonly project: { readonly id: string; readonly name: string };
      readonly label: string;
      readonly take: FiledTake;
    }
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
      /** width·height: 255 where the edit is let in, 0 where the clip is kept; null where nothing is kept. */
      readonly edit: Uint8Array | null;
    }
  | {
      readonly kind: 'import-progress';
      readonly path: string;
      readonly what: string;
      readonly fraction: number;
    }
  /** How far a call about a take is, 0..1. */
  | { readonly kind: 'review'; readonly take: string; readonly work: ReviewWork; readonly fraction: number }
  /** How far a captioner is with a frame of a clip, 0..1. */
  | {
      readonly kind: 'describing';
      readonly path: string;
      readonly frame: number;
      readonly fraction: number;
    }
  | { readonly kind: 'delivery'; readonly progress: DeliveryProgress }
  | { readonly kind: 'download'; readonly progress: DownloadProgress }
  /** Plans that did without a speed would have one now. */
  | { readonly kind: 'speeds' }
  /** How far the trial of a model is. */
  | { readonly kind: 'trial'; readonly progress: Progress }
  /** What the library lists has become another by itself. */
  | { readonly kind: 'library' }
  /** What `plugins.list` answers has become another. */
  | { readonly kind: 'plugins' };

export type Events = JobEvent | FarmTaskEvent | DesktopEvent;
