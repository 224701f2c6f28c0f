/** What would become of an edit that is asked for: refused, done already, to be gone on with, or new. Nothing is rendered. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CheckedJob } from '../../../common/contract/jobs.ts';
import { AppError } from '../../../common/errors.ts';
import { readReport, type TakeReport } from '../../../common/report.ts';
import { sameValue } from '../../../common/settings/catalogue.ts';
import { type EditSettings, SETTINGS } from '../../../common/settings/settings.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { planTarget } from '../media/target.ts';
import { reportPath } from '../report-file.ts';
import type { Planner } from './plan.ts';
import { checkTake } from './rehearsal.ts';
import type { Supervisor } from './supervisor.ts';

interface CheckParts {
  readonly plan: Planner;
  readonly probe: Probe;
  readonly supervisor: Supervisor;
  /** Whether jobs are remembered. */
  readonly remembers: boolean;
}

/** @throws AppError for all that a render would be refused for, and where another file lies in the take's place */
export async function checkJob(settings: EditSettings, parts: CheckParts): Promise<CheckedJob> {
  const jobs = parts.remembers ? parts.supervisor.list() : [];
  const begun = jobs.findLast((job) => job.resumable && isSame(job.settings, settings));
  const { path } = planTarget(settings.output.path, settings.output.format);
  if (!begun && existsSync(path)) {
    const report = await reportOf(path);
    if (report && isSame(report.settings, settings)) return { state: 'whole', report };
    throw new AppError(
      'output-unwritable',
      report ? 'a take of other settings lies there' : 'a file lies there that is no take of this edit',
      { doing: `writing ${basename(path)}`, hint: 'Name another place, or move it away.' },
    );
  }
  const { frames, estimatedSeconds } = await parts.plan(settings);
  await checkTake(settings, parts.probe);
  return begun
    ? { state: 'begun', job: begun.id, frames, seconds: estimatedSeconds }
    : { state: 'new', frames, seconds: estimatedSeconds };
}

/** Setting by setting; whose each was does not matter. */
function isSame(a: EditSettings, b: EditSettings): boolean {
  return sameValue(SETTINGS.pick(a, 'request'), SETTINGS.pick(b, 'request'));
}

/** Of a take that is whole; null for what is none. */
async function reportOf(path: string): Promise<TakeReport | null> {
  try {
    const report = readReport(JSON.parse(await readFile(reportPath(path), 'utf8')));
    const found = await stat(path);
    const isWhole = found.isDirectory() || found.size === report?.take.bytes;
    return report && report.take.path === path && isWhole ? report : null;
  } catch {
    return null;
  }
}
