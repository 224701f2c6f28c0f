/** The work of one job: a take that is rendered and reported, or one frame to look at. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TakeReport } from '../../../common/report.ts';
import { fromSystem } from '../media/target.ts';
import type { RenderContext } from '../render/context.ts';
import { type LookedAt, renderFrame } from '../render/preview.ts';
import { render } from '../render/render.ts';
import { finishedReport, writeReport } from '../report-file.ts';
import type { Job } from './job.ts';

export type Outcome =
  | { readonly kind: 'take'; readonly report: TakeReport }
  | ({ readonly kind: 'preview' } & LookedAt);

export type Work = Pick<Job, 'id' | 'kind' | 'settings' | 'desk'>;

/**
 * Goes on from the checkpoint; a take that is complete already is not rendered again.
 * @param onBegin before anything is computed; may refuse @throws Cancelled, AppError
 */
export async function runJob(
  { id, kind, settings, desk }: Work,
  context: RenderContext,
  onBegin: () => Promise<void> = async () => {},
): Promise<Outcome> {
  if (kind === 'preview') {
    try {
      await onBegin();
      return { kind, ...(await renderFrame(settings, context)) };
    } finally {
      await context.checkpoint.remove();
    }
  }
  const finished = await finishedReport(id, settings.output);
  if (finished) return { kind, report: finished };
  await onBegin();
  // The artist may have moved the project with its folder of takes since the job was added.
  if (desk) await folderFor(settings.output.path);
  const report = await render(settings, context);
  await writeReport(report);
  return { kind, report };
}

/** @throws AppError output-unwritable, disk-full */
export async function folderFor(out: string): Promise<void> {
  try {
    await mkdir(dirname(out), { recursive: true });
  } catch (error) {
    throw fromSystem(error, 'preparing the folder of the takes');
  }
}
