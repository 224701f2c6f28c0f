/** Tries a model on a few frames of a shot: refused before anything is opened where it cannot fit, measured, and not kept as a take. */
import type { PictureOfFrame } from '../../../common/contract/clips.ts';
import type { Progress } from '../../../common/contract/jobs.ts';
import type { RenderPlan } from '../../../common/contract/queue.ts';
import type { FrameRange } from '../../../common/media.ts';
import type { ModelTrial } from '../../../common/model-trial.ts';
import type { Shot } from '../../../common/project/document.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { createProgressMeter } from '../progress.ts';
import { CheckpointFile } from '../render/checkpoint-file.ts';
import { renderTrial } from '../render/trial.ts';
import { recordSpeeds } from './speeds.ts';
import type { JobStore } from './store.ts';
import { toRgba } from './watch.ts';

const FRAMES = 3;

export interface TrialParts {
  readonly cache: ArtefactStore | null;
  readonly store: JobStore | null;
  readonly probe: Probe;
  /** A folder of our own; nothing stays in it. */
  readonly dir: string;
  readonly onProgress: (progress: Progress) => void;
}

export interface TriedModel {
  readonly trial: ModelTrial;
  readonly pictures: readonly { readonly frame: number; readonly made: PictureOfFrame }[];
}

/** Frames around the lead anchor, all within the shot. */
export function trialFrames({
  start,
  end,
  leadAnchor,
}: Pick<Shot, 'start' | 'end' | 'leadAnchor'>): FrameRange {
  const first = Math.max(start, Math.min(leadAnchor - 1, end - FRAMES));
  return { start: first, end: Math.min(end, first + FRAMES) };
}

/** @param plan of these settings: what refuses it has refused it. @throws Cancelled; AppError as a render does */
export async function tryModel(
  settings: EditSettings,
  plan: Pick<RenderPlan, 'memoryBytes'>,
  { cache, store, probe, dir, onProgress }: TrialParts,
  signal: AbortSignal,
): Promise<TriedModel> {
  const checkpoint = new CheckpointFile(dir, 'trial');
  await checkpoint.remove();
  try {
    const progress = createProgressMeter(onProgress);
    const silent = { warn: () => {}, warnings: [] };
    const context = { job: 'trial', probe, cache, checkpoint, signal, progress, ...silent };
    const { pictures, fit, measured, peakBytes, heldBytes } = await renderTrial(settings, context);
    if (store) recordSpeeds(store, measured);
    const { seconds, canvas, provider } = measured;
    const first = settings.source.range?.start ?? 0;
    return {
      trial: {
        at: Date.now(),
        frames: pictures.length,
        steps: settings.sampling.steps,
        width: canvas.width,
        height: canvas.height,
        provider: provider.used,
        secondsPerFrame: (seconds.total - seconds.open) / pictures.length,
        openSeconds: seconds.open,
        peakBytes,
        heldBytes,
        foretoldBytes: plan.memoryBytes,
      },
      pictures: pictures.map((picture, i) => {
        const { pixels, width, height } = toRgba(picture, fit);
        return { frame: first + i, made: { pixels, width, height } };
      }),
    };
  } finally {
    await checkpoint.remove();
  }
}
