/** What a job's folder says of itself and of how it was handed in: for everybody who looks after it, whatever their version. */
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../common/errors.ts';
import { writeWhole } from '../../atomic-files.ts';
import { inWords } from '../media/target.ts';
import { type Submission, submission } from './driver.ts';
import { type FarmJob, farmJob, farmPaths } from './job-folder.ts';

export interface FolderFacts {
  readonly folder: string;
  readonly job: FarmJob;
  /** Null where it was handed to nobody. */
  readonly submission: Submission | null;
  /** Somebody took it back after it was last handed in. */
  readonly cancelled: boolean;
}

const DOING = 'reading a job of the farm';
const cancellation = z.object({ at: z.number() });
const cancelledPath = (folder: string) => join(folder, 'cancelled.json');

/** @throws AppError usage for a folder that is none, or that another version packed; job-not-found where there is none */
export async function readFolder(folder: string): Promise<FolderFacts> {
  const text = await textOf(farmPaths.job(folder));
  if (text === null) {
    throw new AppError('job-not-found', `${basename(folder)} is not there, or is no job of the farm`, {
      doing: DOING,
      hint: 'Check that its disk is there.',
    });
  }
  const job = parse(text, farmJob);
  if (!job) {
    throw new AppError('usage', 'job.json is damaged, or another version of Retake packed it', {
      doing: DOING,
      hint: 'Use the version of Retake that packed it.',
    });
  }
  const handed = parse((await textOf(farmPaths.submitted(folder))) ?? '', submission);
  const cancelled = parse((await textOf(cancelledPath(folder))) ?? '', cancellation);
  return {
    ...{ folder, job, submission: handed },
    cancelled: cancelled !== null && cancelled.at >= (handed?.at ?? 0),
  };
}

/** @throws what the file system says */
export async function noteSubmission(folder: string, handed: Submission): Promise<void> {
  await writeWhole(farmPaths.submitted(folder), `${JSON.stringify(handed, null, 1)}\n`);
  await rm(cancelledPath(folder), { force: true });
}

/** @throws what the file system says */
export async function noteCancelled(folder: string): Promise<void> {
  await writeWhole(cancelledPath(folder), JSON.stringify({ at: Date.now() }));
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (/^(ENOENT|ENOTDIR)$/.test((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw inWords(error, DOING);
  }
}

/** Null for what is none of ours, or damaged. */
function parse<T>(text: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
