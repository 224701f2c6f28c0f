/**
 * What a scheduler that a place has already must be able to do for Retake. It gets tasks ("unit 12 to 16 of invert", "shot 3")
 * onto machines and says where they are; all that they make lies in the job's folder and is collected from there, whoever brought it.
 */
import { z } from 'zod';
import { FARM_STEPS, type FarmJob, type FarmStep } from './job-folder.ts';

/** What a driver asks for, all text. */
export interface DriverSetting {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  /** "" where nothing is said to the scheduler. */
  readonly default: string;
}

/** Complete: every setting of the driver has a value. */
export type DriverSettings = Readonly<Record<string, string>>;

export interface FarmFolder {
  /** Absolute, as this machine has it. */
  readonly folder: string;
  readonly job: FarmJob;
}

/** How a job was given to a scheduler; lies in submitted.json. */
export const submission = z.strictObject({
  /** Full id. */
  driver: z.string().min(1),
  settings: z.record(z.string(), z.string()),
  /** Milliseconds since 1970. */
  at: z.number(),
  /** What the scheduler calls its jobs, by step; more than one where it takes a step in parts. */
  ids: z.partialRecord(z.enum(FARM_STEPS), z.array(z.string())),
});
export type Submission = z.output<typeof submission>;

/** What the scheduler says of tasks `first` to `last`, both included. */
export interface SchedulerTask {
  readonly step: FarmStep;
  readonly first: number;
  readonly last: number;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly host: string | null;
  /** Why it waits or has failed, in the scheduler's words; may be empty. */
  readonly why: string;
}

export interface SchedulerState {
  /** Unknown: it could not be asked, or has forgotten the job. What lies in the folder is true all the same. */
  readonly state: 'waiting' | 'running' | 'ended' | 'unknown';
  /** For people, one line. */
  readonly words: string;
  readonly tasks: readonly SchedulerTask[];
}

export interface FarmDriver {
  readonly id: string;
  readonly label: string;
  /** One sentence. */
  readonly summary: string;
  readonly settings: readonly DriverSetting[];
  /**
   * Hands over what is neither whole in the folder nor with the scheduler already: so a job may be submitted again at any
   * time, also after a kill in the middle of it.
   * @throws AppError usage where the scheduler refuses, with its words
   */
  submit(at: FarmFolder, settings: DriverSettings, signal: AbortSignal): Promise<Submission>;
  status(submission: Submission, at: FarmFolder, signal: AbortSignal): Promise<SchedulerState>;
  /** What has ended already is no fault. */
  cancel(submission: Submission, at: FarmFolder, signal: AbortSignal): Promise<void>;
}

/** Settings that every driver has whose tasks are started as programs. */
export const PROGRAM_SETTINGS = {
  command: {
    id: 'command',
    label: 'Command',
    help: 'What starts Retake on the machines, as a shell reads it. Empty: this very program, at the path that it has here.',
    default: '',
  },
  arguments: {
    id: 'arguments',
    label: 'Arguments of tasks',
    help: 'Told to every task, as a shell reads it: --map /Volumes/media=/mnt/media, --models /srv/models.',
    default: '',
  },
} as const satisfies Record<string, DriverSetting>;
