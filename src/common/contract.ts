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
  readonly createdAt: string;
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

export interface CacheGroup {
  readonly clip: string;
  readonly bundle: string;
  readonly sourcePrompt: string;
  readonly settings: string;
  readonly frames: number;
  readonly bytes: number;
  readonly lastUsed: string;
}

export interface CacheStat {
  readonly file: string;
  readonly frames: number;
  readonly bytes: number;
  readonly limitBytes: number;
  readonly fileBytes: number;
}

export interface PruneRequest {
  readonly all?: boolean;
  readonly toBytes?: number;
  readonly olderThanDays?: number;
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
  'bundle.inspect': { input: { dir: string }; output: { text: string; report: unknown } };
  'methods.list': { input: null; output: readonly MethodInfo[] };
  'providers.list': { input: null; output: readonly ProviderTrial[] };
  'cache.ls': { input: null; output: readonly CacheGroup[] };
  'cache.stat': { input: null; output: CacheStat };
  'cache.prune': { input: PruneRequest; output: { removed: number; freedBytes: number } };
  'cache.verify': {
    input: null;
    output: { ok: boolean; checked: number; damaged: number; notes: readonly string[] };
  };
};
