/** Everything that can be asked of the engine and everything it says. The only bridge between processes. */
import type { ClipInfo } from './media.ts';
import type { ProviderTrial, TakeReport } from './report.ts';
import type { EditRequest, EditSettings } from './settings.ts';

export type JobState = 'queued' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled';

export interface JobSummary {
  readonly id: string;
  readonly state: JobState;
  readonly settings: EditSettings;
  readonly phase: Phase | null;
  readonly done: number;
  readonly total: number;
  readonly error: string | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Its process died or was stopped; `resume` finishes it. */
  readonly resumable: boolean;
}

export const PHASES = ['open', 'invert', 'sample', 'encode'] as const;
export type Phase = (typeof PHASES)[number];

export interface Progress {
  readonly phase: Phase;
  /** Within the phase, in frames or network calls. */
  readonly done: number;
  readonly total: number;
  /** Of the whole job, 0..1. */
  readonly fraction: number;
  /** Null until enough was measured. */
  readonly etaSeconds: number | null;
  readonly frame: number | null;
  readonly step: number | null;
}

export type EngineEvent =
  | { readonly kind: 'started'; readonly job: string }
  | { readonly kind: 'progress'; readonly job: string; readonly progress: Progress }
  | { readonly kind: 'warning'; readonly job: string | null; readonly message: string };

export interface MethodInfo {
  readonly id: string;
  readonly label: string;
  readonly summary: string;
  /** JSON Schema of the method's own parameters, with defaults and descriptions. */
  readonly params: unknown;
}

/** The frames of one clip inverted with the same settings. */
export interface CacheGroup {
  readonly clip: string;
  readonly bundle: string;
  readonly sourcePrompt: string;
  readonly settings: string;
  readonly frames: number;
  readonly bytes: number;
  /** Lowest reconstruction PSNR of the group in dB; null where none was measured. */
  readonly worstPsnr: number | null;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
}

export interface CacheStat {
  readonly file: string;
  readonly frames: number;
  /** Of the latents alone; the limit counts these. */
  readonly bytes: number;
  /** On disk, with the write-ahead log. */
  readonly fileBytes: number;
  readonly limitBytes: number;
}

/** What to remove: all, down to a size (least recently used first), or what was not used for some days. */
export type PruneRequest =
  | { readonly all: true }
  | { readonly bytes: number }
  | { readonly olderThanDays: number };

export interface PruneResult {
  readonly frames: number;
  readonly bytes: number;
}

export interface VerifyResult {
  /** Rows looked at, and how many of them were damaged and removed. */
  readonly frames: number;
  readonly damaged: number;
  /** The file's structure was damaged: it was set aside and the cache is empty now. */
  readonly rebuilt: boolean;
}

export type EngineCalls = {
  /** Starts a job and answers when it has ended. */
  'job.run': { input: EditRequest; output: TakeReport };
  /** null resumes the newest job that can be resumed. */
  'job.resume': { input: { id: string | null }; output: TakeReport };
  'job.cancel': { input: { id: string }; output: null };
  'job.list': { input: null; output: readonly JobSummary[] };
  'job.remove': { input: { id: string }; output: null };
  'clip.probe': { input: { path: string }; output: ClipInfo };
  'bundle.inspect': {
    input: { dir: string };
    output: { text: string; report: { readonly defects: readonly string[] } };
  };
  'methods.list': { input: null; output: readonly MethodInfo[] };
  'providers.list': { input: null; output: readonly ProviderTrial[] };
  'cache.ls': { input: null; output: readonly CacheGroup[] };
  'cache.stat': { input: null; output: CacheStat };
  'cache.prune': { input: PruneRequest; output: PruneResult };
  'cache.verify': { input: null; output: VerifyResult };
};
