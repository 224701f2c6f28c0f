/** A few frames rendered to see what a model makes of them, and what that takes: nothing found, nothing kept, no file. */
import { throwIfCancelled } from '../../../common/errors.ts';
import type { Fit } from '../../../common/media.ts';
import type { TakeReport } from '../../../common/report.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { brokenDown, isFiniteLatent } from '../diffusion/finite.ts';
import { openComposite } from './composite.ts';
import type { RenderContext } from './context.ts';
import { derive } from './derive.ts';
import { watchPeak } from './peak-memory.ts';
import { prepareShot } from './prepare.ts';
import { sampleShot } from './sample.ts';

/** What speeds are learnt from. */
export type Measured = Pick<TakeReport, 'settings' | 'derived' | 'inversion' | 'sampling' | 'seconds'> & {
  readonly bundle: Pick<TakeReport['bundle'], 'digests'>;
  readonly canvas: Pick<TakeReport['canvas'], 'width' | 'height'>;
  readonly provider: Pick<TakeReport['provider'], 'used'>;
  readonly take: Pick<TakeReport['take'], 'frames'>;
};

export interface RenderedTrial {
  /** RGB float 0..1 of the canvas, a frame each. */
  readonly pictures: readonly Float32Array[];
  readonly fit: Fit;
  readonly measured: Measured;
  /** Bytes that the process held at most meanwhile; null where the system does not tell. */
  readonly peakBytes: number | null;
  /** What of it was held already. */
  readonly heldBytes: number;
}

/** @throws Cancelled; AppError as a render of these settings does */
export async function renderTrial(settings: EditSettings, context: RenderContext): Promise<RenderedTrial> {
  const peak = watchPeak();
  const heldBytes = process.memoryUsage.rss();
  const { progress, signal } = context;
  await using shot = await prepareShot(settings, context, false);
  progress.plan('encode', shot.frames, 1);
  // Without the store: what was found would not be measured.
  const alone: RenderContext = { ...context, cache: null };
  const made = await derive(shot, alone);
  const sampled = await sampleShot(shot, made, alone);
  progress.enter('encode');
  await using composite = openComposite(shot, alone);
  const pictures: Float32Array[] = [];
  for (const [i, latent] of sampled.latents.entries()) {
    throwIfCancelled(signal);
    const picture = await shot.bundle.decode(latent, shot.shape);
    if (!isFiniteLatent(picture)) {
      const hint = 'Use a bundle whose VAE is in full precision.';
      throw brokenDown(`the picture of frame ${shot.range.start + i}`, 'decoding latents', hint);
    }
    await (await composite?.next())?.lay(picture);
    pictures.push(picture);
    progress.advance(1);
  }
  const { latents: _, ...sampling } = sampled;
  return {
    pictures,
    fit: shot.fit,
    peakBytes: peak(),
    heldBytes,
    measured: {
      settings: shot.settings,
      derived: made.counts,
      inversion: made.inversion,
      sampling,
      seconds: { ...progress.seconds(), run: { ...shot.bundle.runSeconds } },
      bundle: { digests: { ...shot.bundle.digests } },
      canvas: shot.fit,
      provider: { used: shot.provider },
      take: { frames: pictures.length },
    },
  };
}
