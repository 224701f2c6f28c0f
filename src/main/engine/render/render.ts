/**
 * From a clip to a take, on one page:
 *
 *   clip → recipe: derived things (found or made, and kept) → runs → latents of the new prompt → frames → take
 *
 * Frames stream; only latents are held for the whole shot. Everything else is called from here.
 */
import type { TakeReport } from '../../../common/report.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { mergesTake } from './composite.ts';
import type { RenderContext } from './context.ts';
import { derive } from './derive.ts';
import { exportTake } from './export.ts';
import { lookAtTake } from './look.ts';
import { prepareShot } from './prepare.ts';
import { buildReport } from './report.ts';
import { sampleShot } from './sample.ts';
import { openTakeScores } from './scores.ts';
import { holdSources } from './sources.ts';

/**
 * Renders one take. Cancelled or killed, it goes on from the cache and the checkpoint with the same result.
 * @throws Cancelled, AppError
 */
export async function render(settings: EditSettings, context: RenderContext): Promise<TakeReport> {
  await using scores = await openTakeScores(settings, context);
  const sources = await holdSources(settings, context);
  await using shot = await prepareShot(settings, context);
  context.progress.plan('encode', shot.frames, 1);
  const made = await derive(shot, context);
  await sources.check();
  const learnt = made.tuned?.losses.length ?? null;
  const look = lookAtTake({ shot, settings, films: sources.films, learnt }, context.cache);
  const sampled = await sampleShot(shot, made, {
    ...context,
    async onGlimpse(glimpse) {
      look.glimpse(glimpse);
      await context.onGlimpse?.(glimpse);
    },
  });
  // The clip is read once more, for its sound and transparency.
  await sources.check();
  const take = await exportTake(shot, sampled.latents, context, {
    // To lay the clip over pictures of the canvas too, where the take is merged at its own size, is not worth a look.
    onPicture:
      scores || !mergesTake(shot)
        ? async (picture) => {
            look.see(picture);
            await scores?.see(picture, shot.fit);
          }
        : null,
    beforePublishing: () => sources.check(),
  });
  return buildReport({ shot, made, sampled, take, imageText: scores?.scores() ?? null, context });
}
