/** Renders from the command line: run, resume, look up. */
import { z } from 'zod';
import { filesOf } from '../masks/mask.ts';
import type { TakeReport } from '../report.ts';
import type { Grouped } from '../settings/catalogue.ts';
import { askedSettings } from '../settings/model-settings.ts';
import { type EditSettings, SETTINGS } from '../settings/settings.ts';
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

export const PHASES = ['open', 'flow', 'invert', 'sample', 'encode'] as const;
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
}

const PLACES = SETTINGS.fields.filter(({ widget }) => widget.kind === 'file' || widget.kind === 'folder');

/** What is left open is the model's to say, then Retake's. Files and folders are named by their whole paths. */
const settings = askedSettings.check((ctx) => {
  for (const { group, key } of PLACES) {
    const input = (ctx.value as Grouped)[group]?.[key];
    if (input === null) continue;
    const issues = absolutePath.safeParse(input).error?.issues ?? [];
    for (const { message } of issues) {
      ctx.issues.push({ code: 'custom', message, input, path: [group, key] });
    }
  }
  const { mask, pictures } = ctx.value.guide;
  const inside = { mask: mask ? filesOf(mask) : [], pictures: pictures.map(({ path }) => path) };
  for (const [key, paths] of Object.entries(inside)) {
    for (const input of paths) {
      const issues = absolutePath.safeParse(input).error?.issues ?? [];
      for (const { message } of issues) {
        ctx.issues.push({ code: 'custom', message, input, path: ['guide', key] });
      }
    }
  }
});

export const jobCalls = {
  /** Starts a job and answers when it has ended. */
  'job.run': call(settings, 'checking the settings').answers<TakeReport>(),
  /** null resumes the newest job that can be resumed. */
  'job.resume': call(z.strictObject({ id: jobId.nullable() }), 'resuming').answers<TakeReport>(),
  'job.cancel': call(z.strictObject({ id: jobId }), 'cancelling a job').answers<null>(),
  'job.list': call(nothing, 'listing jobs').answers<readonly JobSummary[]>(),
  'job.remove': call(z.strictObject({ id: jobId }), 'removing a job').answers<null>(),
};
