/** Third stage: the method samples all frames step by step, leaving checkpoints to resume from. */
import { createHash } from 'node:crypto';
import { AppError, errorLine } from '../../../common/errors.ts';
import type { RenderContext } from '../context.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../diffusion/checkpoint.ts';
import { sampleRuns } from '../diffusion/driver.ts';
import { type Run, visitsOf } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import { wantsInversion } from '../methods/have.ts';
import { CheckpointClock } from '../queue/checkpoint.ts';
import type { Shot } from './prepare.ts';
import { runsOf } from './runs.ts';
import type { StartLatents } from './start.ts';

export interface Sampled {
  /** Clean scaled latents in frame order. */
  readonly latents: readonly Latent[];
  readonly unetCalls: number;
  readonly unetBranches: number;
  readonly resumedFrom: { readonly step: number; readonly visit: number } | null;
}

/** @throws Cancelled after the network call in flight; AppError not-finite naming step and frame */
export async function sampleShot(shot: Shot, start: StartLatents, context: RenderContext): Promise<Sampled> {
  const { bundle, settings } = shot;
  const { checkpoint, progress } = context;
  const latentOf = (frame: number) => start.latents[frame]!;
  const runs = runsOf(shot, {
    ...(wantsInversion(shot.needs) ? { inversion: latentOf } : { clean: latentOf }),
    sourceText: shot.conditions.source,
    pictures: {
      decode: (latent) => bundle.decode(latent, shot.shape),
      encode: (rgb) => bundle.encode(rgb, shot.fit.width, shot.fit.height),
    },
    ...(shot.structure && { structure: shot.structure }),
  });
  const key = checkpointKey(shot, start);
  const resume = readCheckpoint(await checkpoint.read(), key);
  const total = visitsOf(runs);
  const resumedVisits = resume ? visitsBefore(runs, resume) : 0;
  const clock = new CheckpointClock(resumedVisits / total);
  const before = { ...bundle.calls };

  let warned = false;
  /** Without room for checkpoints the job still renders. */
  const keep = async (bytes: Uint8Array) => {
    try {
      await checkpoint.write(bytes);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!warned) context.warn(`${errorLine(error)} Until then this edit cannot be resumed.`);
      warned = true;
    }
  };

  progress.plan('sample', total - resumedVisits);
  progress.enter('sample');
  const latents = await sampleRuns({
    runs,
    predict: shot.predict,
    capacity: shot.capacity,
    prediction: bundle.scheduler.prediction,
    clip: bundle.scheduler.clipSample,
    solver: shot.solver,
    branches: shot.branches,
    guidance: settings.sampling.guidance,
    ...(settings.guide.keep > 0 && { keep: { threshold: settings.guide.keep, shape: shot.shape } }),
    firstFrame: shot.range.start,
    seed: settings.sampling.seed,
    signal: context.signal,
    ...(shot.structure && { structure: shot.structure }),
    ...(resume && { resume }),
    async onVisit(event) {
      progress.advance(1);
      if (!event.aside)
        await context.onGlimpse?.({
          frame: event.frame + shot.range.start,
          step: event.step,
          fit: shot.fit,
          picture: () => bundle.decode(event.denoised, shot.shape),
        });
      const fraction = event.done / total;
      // The last one is written in any case: encoding may be killed too.
      if (!event.checkpoint || (event.done < total && !clock.due(fraction))) return;
      const began = performance.now();
      await keep(Buffer.concat([key, encodeCheckpoint(event.checkpoint())]));
      clock.wrote(fraction, (performance.now() - began) / 1000);
    },
  });
  await bundle.release('unet');
  return {
    latents,
    unetCalls: bundle.calls.unet - before.unet,
    unetBranches: bundle.calls.unetBranches - before.unetBranches,
    resumedFrom: resume ? { step: resume.step, visit: resume.visited.length } : null,
  };
}

/** Visits that a checkpoint spares. */
function visitsBefore(runs: readonly Run[], { run, step, visited }: Checkpoint): number {
  return visitsOf(runs.slice(0, run)) + step * (runs[run]?.frames.length ?? 0) + visited.length;
}

/** Everything that changes the sampled latents; start.fingerprint stands for clip, model and inversion. */
function checkpointKey(shot: Shot, start: StartLatents): Buffer {
  const { prompts, sampling, guide } = shot.settings;
  const { guidance, seed, steps } = sampling;
  const { id } = shot.method;
  const parts = [start.fingerprint, prompts.target, prompts.negative, guidance, guide.keep, seed, steps];
  const text = JSON.stringify([...parts, id, shot.params, shot.anchor, shot.solver.id, shot.scheduleId]);
  return createHash('sha256').update(text).digest();
}

/** Null where there is none, it is damaged, or it belongs to other settings. */
function readCheckpoint(bytes: Uint8Array | null, key: Buffer): Checkpoint | null {
  if (!bytes || bytes.length < key.length) return null;
  if (!key.equals(bytes.subarray(0, key.length))) return null;
  return decodeCheckpoint(bytes.subarray(key.length));
}
