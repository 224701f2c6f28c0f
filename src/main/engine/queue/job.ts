/** A job as its row tells it. */
import type { JobState, Phase } from '../../../common/contract/jobs.ts';
import type { WireError } from '../../../common/errors.ts';
import { readReport, type TakeReport } from '../../../common/report.ts';
import { groupsOfFlat } from '../../../common/settings/flat.ts';
import { withPlainBrackets } from '../../../common/settings/plain-brackets.ts';
import { type EditSettings, editSettings } from '../../../common/settings/settings.ts';
import type { ProjectRef } from '../project/file.ts';

/** A job of the desktop's queue. */
export interface Desk {
  readonly shotId: string;
  readonly label: string;
  /** The project that the take belongs to; null for a job from before projects had an id. */
  readonly project: ProjectRef | null;
  /** In playing order: smaller is earlier. */
  readonly position: number;
  /** Starts that did not end. */
  readonly deaths: number;
  /** False while the project's file does not know a take that is done. */
  readonly filed: boolean;
}

export type NewDesk = Pick<Desk, 'shotId' | 'label'> & { readonly project: ProjectRef };

export interface Job {
  /** Eight letters and digits, none of which is easily mistaken for another. */
  readonly id: string;
  /** A preview is one frame to look at: it leaves no file. */
  readonly kind: 'take' | 'preview';
  readonly settings: EditSettings;
  readonly state: JobState;
  readonly error: WireError | null;
  /** Of the whole job, 0..1. */
  readonly fraction: number;
  /** What was done last and how far it is, in units of that phase. */
  readonly phase: Phase | null;
  readonly done: number;
  readonly total: number;
  /** What finish was given, or null. */
  readonly report: TakeReport | null;
  /** Null for jobs of the command line. */
  readonly desk: Desk | null;
  /** The process that runs it or died running it; null when it was released. */
  readonly pid: number | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Row {
  readonly id: string;
  readonly kind: Job['kind'];
  readonly state: JobState;
  readonly settings: string;
  readonly fraction: number;
  readonly shot_id: string | null;
  readonly label: string | null;
  readonly position: number | null;
  readonly project: string | null;
  readonly project_path: string | null;
  readonly deaths: number;
  readonly filed: number;
  readonly error: string | null;
  readonly phase: Phase | null;
  readonly done: number;
  readonly total: number;
  readonly report: string | null;
  readonly pid: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** Null for a row that another version wrote and this one cannot read. */
export function jobOf(row: Row): Job | null {
  const settings = editSettings.safeParse(withPlainBrackets(groupsOfFlat(parse(row.settings))));
  if (!settings.success) return null;
  return {
    id: row.id,
    kind: row.kind,
    settings: settings.data,
    state: row.state,
    error: row.error === null ? null : (parse(row.error) as WireError | null),
    fraction: row.fraction,
    phase: row.phase,
    done: row.done,
    total: row.total,
    report: reportOf(row.report),
    pid: row.pid,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    desk: deskOf(row),
  };
}

function deskOf(row: Row): Desk | null {
  if (row.position === null || row.shot_id === null) return null;
  return {
    shotId: row.shot_id,
    label: row.label ?? '',
    project: row.project === null ? null : { id: row.project, path: row.project_path ?? '' },
    position: row.position,
    deaths: row.deaths,
    filed: row.filed === 1,
  };
}

/** Of a preview there is none. */
function reportOf(json: string | null): TakeReport | null {
  const report = json === null ? null : parse(json);
  return report === null ? null : readReport(report);
}

/** Null for text that damage or another version made unreadable. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
