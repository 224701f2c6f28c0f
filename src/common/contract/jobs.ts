/** Renders from the command line: run, resume, look up. */
import { z } from 'zod';
import type { LearningCurve } from '../learning-curve.ts';
import type { TakeReport } from '../report.ts';
import { filesIn } from '../settings/files.ts';
import { askedSettings } from '../settings/model-settings.ts';
import type { EditSettings } from '../settings/settings.ts';
import { call } from './call.ts';
import { absolutePath, jobId, nothing } from './values.ts';

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
  /** Of the desktop's queue, which alone goes on with it; null for a job of the command line. */
  readonly desktop: { readonly label: string; readonly project: string | null } | null;
}

export const PHASES = ['open', 'flow', 'learn', 'invert', 'sample', 'encode'] as const;
export type Phase = (typeof PHASES)[number];

/** As terminals and logs say it. */
export const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  open: 'opening',
  flow: 'following motion',
  learn: 'learning',
  invert: 'inverting',
  sample: 'rendering',
  encode: 'encoding',
};

export interface Progress {
  readonly phase: Phase;
  /** Within the phase, in frames or network calls. */
  readonly done: number;
  readonly total: number;
  /** Of the whole job, 0..1. */
  readonly fraction: number;
  /** Null until enough was measured. */
  readonly etaSeconds: number | null;
  /** While the clip is learnt: the mean squared error before its last step. */
  readonly loss?: number;
  /** And how it has gone so far. */
  readonly learning?: LearningCurve;
}

export interface SavedLora {
  readonly path: string;
  readonly layers: number;
  readonly bytes: number;
  /** It holds all of what each layer became (LyCORIS calls that full), which fewer programs read than factors. */
  readonly whole: boolean;
}

/** What would become of an edit. */
export type CheckedJob =
  | { readonly state: 'whole'; readonly report: TakeReport }
  | { readonly state: 'new'; readonly frames: number; readonly seconds: number | null }
  | {
      readonly state: 'begun';
      /** It was stopped, and can be resumed. */
      readonly job: string;
      readonly frames: number;
      readonly seconds: number | null;
    };

/** What is left open is the model's to say, then Retake's. Files and folders are named by their whole paths. */
const settings = askedSettings.check((ctx) => {
  for (const { path: input, group, key } of filesIn(ctx.value)) {
    const issues = absolutePath.safeParse(input).error?.issues ?? [];
    for (const { message } of issues) {
      ctx.issues.push({ code: 'custom', message, input, path: [group, key] });
    }
  }
});

export const jobCalls = {
  /** Starts a job and answers when it has ended. */
  'job.run': call(settings, 'checking the settings').answers<TakeReport>(),
  /** Refuses what a job would be refused for; renders nothing. */
  'job.check': call(settings, 'checking the settings').answers<CheckedJob>(),
  /** null resumes the newest job that can be resumed. */
  'job.resume': call(z.strictObject({ id: jobId.nullable() }), 'resuming').answers<TakeReport>(),
  'job.cancel': call(z.strictObject({ id: jobId }), 'cancelling a job').answers<null>(),
  /** A job that learns its clip takes what it has learnt so far and renders. */
  'job.enough': call(z.strictObject({ id: jobId }), 'ending the learning').answers<null>(),
  /** What was learnt for a take, as a LoRA; the take's report lies beside it. `replace`: a file of that name may be written over. */
  'job.saveLora': call(
    z.strictObject({ take: absolutePath, out: absolutePath, replace: z.boolean().optional() }),
    'saving a LoRA',
  ).answers<SavedLora>(),
  'job.list': call(nothing, 'listing jobs').answers<readonly JobSummary[]>(),
  'job.remove': call(z.strictObject({ id: jobId }), 'removing a job').answers<null>(),
};
