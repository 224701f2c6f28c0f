/** The report beside a take: take.mov → take.report.json. It is also the proof that a job's take is complete. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../common/errors.ts';
import { readReport, type TakeReport } from '../../common/report.ts';
import type { EditSettings } from '../../common/settings/settings.ts';
import { writeWhole } from '../atomic-files.ts';
import { planTarget } from './media/target.ts';

export function reportPath(out: string): string {
  return join(dirname(out), `${basename(out).replace(/\.[^.]+$/, '')}.report.json`);
}

/** @throws AppError output-unwritable */
export async function writeReport(report: TakeReport): Promise<void> {
  const path = reportPath(report.take.path);
  try {
    await writeWhole(path, `${JSON.stringify(report, null, 2)}\n`, `${report.job}.json`);
  } catch (error) {
    throw new AppError('output-unwritable', (error as Error).message, {
      doing: `writing ${basename(path)}`,
      hint: 'The take itself is complete.',
      cause: error,
    });
  }
}

/** The report of a take that this very job finished before its process was killed; null where it did not. */
export async function finishedReport(
  job: string,
  { path: out, format }: EditSettings['output'],
): Promise<TakeReport | null> {
  try {
    const { path } = planTarget(out, format);
    const report = readReport(JSON.parse(await readFile(reportPath(path), 'utf8')));
    if (report.job !== job || report.take.path !== path) return null;
    const found = await stat(path);
    // The report is written last: a sequence that has one is whole.
    return found.isDirectory() || found.size === report.take.bytes ? report : null;
  } catch {
    return null;
  }
}
