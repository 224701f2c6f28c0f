/**
 * Brings each take that is done into the file of its own project, exactly once, whichever project is open. One whose
 * project cannot be written waits in its row and is tried again.
 */
import { existsSync } from 'node:fs';
import type { DesktopEvent, JobEvent } from '../../../common/contract/events.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
import { type FiledTake, shotSettings } from '../../../common/project/document.ts';
import type { TakeReport } from '../../../common/report.ts';
import { SETTINGS } from '../../../common/settings/settings.ts';
import type { ProjectRef } from '../project/file.ts';
import type { DeskRows } from './desk.ts';
import { projectName } from './entry.ts';
import type { Desk, Job } from './job.ts';

/** Writes a take into the file of a project, on the disk when it returns; a take that is in it already stays as it is. */
export type FileTake = (project: ProjectRef, take: FiledTake) => void;

export interface FilingParts {
  readonly rows: DeskRows;
  /** @throws AppError where the file is not there, not this project, busy, or cannot be written */
  readonly file: FileTake;
  readonly emit: (event: DesktopEvent | JobEvent) => void;
  readonly onChange: (id: string) => void;
}

const AGAIN_MS = 30_000;

export class TakeFiling {
  readonly #parts: FilingParts;
  /** Projects of which it was told that they cannot be written. */
  readonly #told = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(parts: FilingParts) {
    this.#parts = parts;
  }

  /** Every take that waits; those of one project when it has just been opened. */
  fileAll(project: string | null = null): void {
    for (const job of this.#parts.rows.unfiled(project)) this.file(job, job.report as TakeReport);
  }

  file(of: Job, report: TakeReport): void {
    const { rows, file, emit, onChange } = this.#parts;
    // As the row has it now: the project may have moved, or been saved under another name, since the job began.
    const job = rows.now(of);
    const { desk } = job;
    const project = desk?.project;
    // Nobody knows its project before one with its shot is opened.
    if (!desk || !project) return;
    const take = takeOf(job, desk, report);
    const name = projectName(project.path);
    try {
      file(project, take);
      rows.markFiled(job.id);
      this.#told.delete(project.id);
      emit({ kind: 'take', project: { id: project.id, name }, label: desk.label, take });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const message = `${desk.label} is rendered, and its take waits for ${name}: ${errorLine(error)}`;
      if (!this.#told.has(project.id)) emit({ kind: 'warning', job: job.id, message });
      this.#told.add(project.id);
      this.#again();
    }
    onChange(job.id);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #again(): void {
    if (this.#stopped || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      try {
        this.fileAll();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        this.#again();
      }
    }, AGAIN_MS).unref();
  }
}

/** What the project keeps of a finished render. */
export function takeOf(job: Job, desk: Desk, report: TakeReport): FiledTake {
  const { settings, range } = report;
  return {
    id: job.id,
    shotId: desk.shotId,
    // Its folder may have moved together with the project.
    path: existsSync(report.take.path) ? report.take.path : job.settings.output.path,
    createdAt: Date.now(),
    start: range.start,
    end: range.end,
    anchor: settings.guide.anchor,
    settings: shotSettings.parse(SETTINGS.pick(settings, 'shot')),
    bundle: report.bundle.name,
    seconds: report.seconds.total,
    reconstruction: report.inversion.reconstruction?.minPsnr ?? null,
  };
}
