/** The report beside a take: take.mov → take.report.json. It is also the proof that a job's take is complete. */
import { open, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../common/errors.ts';
import type { TakeReport } from '../../common/report.ts';
import type { EditSettings } from '../../common/settings.ts';
import { publish } from './disk.ts';
import { planTarget } from './media/target.ts';

export function reportPath(out: string): string {
  return join(dirname(out), `${basename(out).replace(/\.[^.]+$/, '')}.report.json`);
}

/** @throws AppError output-unwritable */
export async function writeReport(report: TakeReport): Promise<void> {
  const path = reportPath(report.take.path);
  // No longer than the report's own name may be.
  const temporary = join(dirname(path), `.retake-partial-${report.job}.json`);
  try {
    const file = await open(temporary, 'w');
    await file.writeFile(`${JSON.stringify(report, null, 2)}\n`);
    await file.sync();
    await file.close();
    await publish(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
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
  { out, format }: Pick<EditSettings, 'out' | 'format'>,
): Promise<TakeReport | null> {
  try {
    const { path } = planTarget(out, format);
    const report = JSON.parse(await readFile(reportPath(path), 'utf8')) as TakeReport;
    if (report.job !== job || report.take.path !== path) return null;
    const found = await stat(path);
    // The report is written last: a sequence that has one is whole.
    return found.isDirectory() || found.size === report.take.bytes ? report : null;
  } catch {
    return null;
  }
}
