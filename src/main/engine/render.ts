/**
 * From a clip to a take, on one page:
 *
 *   clip → frames → latents → noise (cached) → latents of the new prompt → frames → take
 *
 * Every stage streams frames; only latents are held for the whole shot. Everything else is called from here.
 */
import type { TakeReport } from '../../common/report.ts';
import type { EditSettings } from '../../common/settings/settings.ts';
import type { RenderContext } from './context.ts';
import { visitsOf } from './diffusion/run.ts';
import { wantsInversion } from './methods/have.ts';
import type { ProgressMeter } from './progress.ts';
import { buildReport } from './report.ts';
import { exportTake } from './stages/export.ts';
import { openTakeScores } from './stages/image-text.ts';
import { prepareShot, type Shot } from './stages/prepare.ts';
import { runsOf } from './stages/runs.ts';
import { sampleShot } from './stages/sample.ts';
import { holdSources } from './stages/sources.ts';
import { startLatents } from './stages/start.ts';

/**
 * Renders one take. Cancelled or killed, it goes on from the cache and the checkpoint with the same result.
 * @throws Cancelled, AppError
 */
export async function render(settings: EditSettings, context: RenderContext): Promise<TakeReport> {
  await using scores = await openTakeScores(settings, context);
  const sources = await holdSources(settings, context);
  await using shot = await prepareShot(settings, context);
  planProgress(shot, context.progress);
  const start = await startLatents(shot, context);
  await sources.check();
  const sampled = await sampleShot(shot, start, context);
  // The clip is read once more, for its sound and transparency.
  await sources.check();
  const take = await exportTake(shot, sampled.latents, context, {
    onPicture: (picture) => scores?.see(picture, shot.fit),
    beforePublishing: () => sources.check(),
  });
  return buildReport({ shot, start, sampled, take, imageText: scores?.scores() ?? null, context });
}

/** Work ahead, in network calls: a call with two branches costs about twice one with one, a decoded frame about one. */
function planProgress(shot: Shot, progress: ProgressMeter): void {
  const { frames, settings, branches } = shot;
  const inverted = wantsInversion(shot.needs);
  progress.plan(
    'invert',
    frames * (inverted ? settings.sampling.steps * (1 + settings.inversion.refinement) : 1),
    1,
  );
  progress.plan('sample', visitsOf(runsOf(shot)), branches.length);
  progress.plan('encode', frames, 1);
}
