/** What a job's folder asks for, as a task reads it: refused where this Retake would make something else of it. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { RETAKE_VERSION } from '../../../common/contract/version.ts';
import { AppError } from '../../../common/errors.ts';
import { type EditSettings, editSettings } from '../../../common/settings/settings.ts';
import { systemWords } from '../../../common/system-errors.ts';
import { type FarmJob, farmJob, farmPaths } from './job-folder.ts';

/** @throws AppError usage for what is none, version-mismatch, cache-unusable where it cannot be reached */
export async function readJob(folder: string): Promise<FarmJob> {
  const read = farmJob.safeParse(await readJson(farmPaths.job(folder)));
  if (!read.success)
    throw new AppError('usage', 'job.json is none of this Retake', {
      doing: `reading the job ${basename(folder)}`,
      hint: 'Use the version of Retake that packed it.',
      cause: read.error,
    });
  if (read.data.version !== RETAKE_VERSION)
    throw new AppError(
      'version-mismatch',
      `Retake ${read.data.version} packed it and this is Retake ${RETAKE_VERSION}, which may make other pictures`,
      { doing: `reading the job ${basename(folder)}`, hint: 'Install the same version on all machines.' },
    );
  return read.data;
}

/** With paths as the desk has them. @throws as readJob */
export async function readRequest(folder: string, number: number): Promise<EditSettings> {
  const read = editSettings.safeParse(await readJson(farmPaths.request(folder, number)));
  if (read.success) return read.data;
  throw new AppError('usage', `the request of shot ${number} is none of this Retake`, {
    doing: `reading the job ${basename(folder)}`,
    hint: 'Pack the job again.',
    cause: read.error,
  });
}

/** Undefined for what is no JSON. */
async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    // A disk that is not mounted is an empty folder: another machine may have it.
    const why = systemWords(cause)?.what ?? String(cause);
    throw new AppError('cache-unusable', `${basename(path)} cannot be read: ${why}`, {
      doing: "reaching the job's folder",
      hint: 'Check that this machine has the disk on which the job lies.',
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
