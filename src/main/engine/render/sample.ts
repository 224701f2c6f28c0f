/** Third step: the method samples all frames step by step, leaving checkpoints to resume from. */
import { createHash } from 'node:crypto';
import { AppError, errorLine } from '../../../common/errors.ts';
import { SETTINGS } from '../../../common/settings/settings.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../diffusion/checkpoint.ts';
import { sampleRuns } from '../diffusion/driver.ts';
import { type Run, visitsOf } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import type { Have } from '../methods/have.ts';
import { madeFrames, toldOf } from '../recipe/extension.ts';
import { runsOf } from '../recipe/runs.ts';
import { samplingTexts } from '../recipe/texts.ts';
import { CheckpointClock } from './checkpoint-file.ts';
import type { RenderContext } from './context.ts';
import { controlIn, controlsAsked } from './controls.ts';
import { type Ingredients, samplingWeight } from './derive.ts';
import { betweenOf, picturesOf } from './half-way.ts';
import { codeOf } from './plugin-code.ts';
import type { Shot } from './prepare.ts';
import { steeringIn } from './steering.ts';

export interface Sampled {
  /** Clean scaled latents in frame order; where the take has frames that the clip does not, of those alone. */
  readonly latents: readonly Latent[];
  readonly unetCalls: number;
  readonly unetBranches: number;
  readonly unetShallow: number;
  readonly unetRecorded: number;
  readonly controlCalls: number;
  readonly resumedFrom: { readonly step: number; readonly visit: number } | null;
}

/** @throws Cancelled after the network call in flight; AppError not-finite naming step and frame */
export async function sampleShot(shot: Shot, made: Ingredients, context: RenderContext): Promise<Sampled> {
  const { bundle, settings, conditions } = shot;
  const { guidance, guidanceRange, reuse, seed } = settings.sampling;
  const { keep } = settings.guide;
  const { checkpoint, progress } = context;
  const { signal, warn } = context;
  const have = { ...haveOf(shot, made, context), ...(await steeringIn(shot, context)) };
  const runs = runsOf(shot, have, { first: shot.range.start, signal, warn });
  const key = checkpointKey(shot, made);
  const resume = await readCheckpoint(key, context);
  const { plugin } = shot.method;
  if (resume && plugin && !plugin.deterministic)
    warn(
      `${plugin.name} does not make the same twice, so the rest may differ a little from what was made before`,
    );
  const total = visitsOf(runs);
  const resumedVisits = resume ? visitsBefore(runs, resume) : 0;
  const clock = new CheckpointClock(resumedVisits / total);
  const before = { ...bundle.calls };

  let warned = false;
  /** Without room for checkpoints the job still renders. */
  const save = async (bytes: Uint8Array) => {
    try {
      await checkpoint.write(key, bytes);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!warned) warn(`${errorLine(error)} Until then this edit cannot be resumed.`);
      warned = true;
    }
  };

  const branches = samplingTexts(shot).branches.map(({ name }) => conditions.get(name)!);
  progress.plan('sample', total - resumedVisits, samplingWeight(shot));
  const control = controlIn(shot, made.controls);
  const structure = structureIn(shot, made);
  progress.enter('sample');
  const latents = await sampleRuns({
    runs,
    predict: shot.predict,
    ...(shot.record && { record: shot.record }),
    capacity: shot.capacity,
    prediction: bundle.scheduler.prediction,
    clip: bundle.scheduler.clipSample,
    solver: shot.solver,
    branches,
    guidance,
    guidanceRange,
    reuse,
    toldGuidance: bundle.toldGuidance,
    ...(keep > 0 && { keep: { threshold: keep, shape: shot.shape } }),
    firstFrame: shot.extension ? 0 : shot.range.start,
    seed,
    signal,
    ...structure,
    ...(control && { control }),
    ...(resume && { resume }),
    async onVisit(event) {
      progress.advance(1);
      // A frame that is made is none of the clip's, as which a glimpse is shown.
      if (!event.aside && !shot.extension)
        await context.onGlimpse?.({
          frame: event.frame + shot.range.start,
          step: event.step,
          fit: shot.fit,
          edit: event.edit,
          picture: () => bundle.decode(event.denoised, shot.shape),
        });
      const fraction = event.done / total;
      // The last one is written in any case: encoding may be killed too.
      if (!event.checkpoint || (event.done < total && !clock.due(fraction))) return;
      const began = performance.now();
      await save(encodeCheckpoint(event.checkpoint()));
      clock.wrote(fraction, (performance.now() - began) / 1000);
    },
  });
  await bundle.release('unet');
  await bundle.release('controlNet');
  if (shot.steering.model) {
    // What was followed back holds far more than decoding takes.
    await bundle.release('vaeDecoder');
    await shot.steering.model.release();
  }
  // Methods that draw pictures half way have opened it; the decoder is needed next.
  await bundle.release('vaeEncoder');
  await bundle.release('interpolator');
  return {
    latents: madeOf(latents, runs, shot),
    unetCalls: bundle.calls.unet - before.unet,
    unetBranches: bundle.calls.unetBranches - before.unetBranches,
    unetShallow: bundle.calls.unetShallow - before.unetShallow,
    unetRecorded: bundle.calls.unetRecorded - before.unetRecorded,
    controlCalls: bundle.calls.controlNet - before.controlNet,
    resumedFrom: resume ? { step: stepsDone(runs, resume), visit: resume.visited.length } : null,
  };
}

/** @param latents of all frames of the runs, in their order */
function madeOf(
  latents: readonly Latent[],
  runs: readonly Run[],
  { extension }: Pick<Shot, 'extension'>,
): readonly Latent[] {
  if (!extension) return latents;
  const frames = [...new Set(runs.flatMap(({ frames }) => frames))].sort((a, b) => a - b);
  const made = new Set(madeFrames(extension));
  return latents.filter((_, i) => made.has(frames[i]!));
}

/** Whole steps of its run, and one that is half taken. */
function stepsDone(runs: readonly Run[], { run, step }: Checkpoint): number {
  const { levels } = runs[run]!.schedule;
  return levels.slice(0, step).filter(({ trial }) => !trial).length;
}

/** Visits that a checkpoint spares. */
function visitsBefore(runs: readonly Run[], { run, step, visited }: Checkpoint): number {
  return visitsOf(runs.slice(0, run)) + step * (runs[run]?.frames.length ?? 0) + visited.length;
}

/** What was made, as a method asks for it. */
function haveOf(shot: Shot, made: Ingredients, context: RenderContext): Partial<Have> {
  const { shape, conditions } = shot;
  const { source, branches } = samplingTexts(shot);
  const empty = conditions.get(branches[0]!.name);
  const sourceText = source && conditions.get(source.name);
  const between = betweenOf(shot, made.motions, context);
  const own = shot.extension && new Map(shot.extension.fixed.map((frame, i) => [frame, i]));
  /** Of the range. */
  const inRange = (frame: number) => (own ? own.get(frame)! : frame);
  return {
    ...(sourceText && { sourceText }),
    inversion: (frame) => made.inverted[frame]!,
    trajectory: (frame) => made.trajectories[frame]!,
    clean: (frame) => made.clean[inRange(frame)]!,
    ...structureIn(shot, made),
    ...(made.motions && { flow: (from, to) => made.motions!.between(inRange(from), inRange(to)) }),
    mask: (frame) => made.masks?.[frame] ?? new Float32Array(shape.height * shape.width).fill(1),
    pictures: picturesOf(shot, context),
    ...(between && { between }),
    ...(made.nullText && {
      nullText: (frame, step) => ({ ...empty!, hidden: made.nullText!.at(frame, step) }),
    }),
  };
}

/** What the network is told of each frame beside its latent. */
function structureIn(
  { extension }: Pick<Shot, 'extension'>,
  { structure, surroundings }: Ingredients,
): Partial<Pick<Have, 'structure'>> {
  const told = structure?.maps ?? surroundings;
  if (told.length === 0) return {};
  return { structure: (frame) => (extension ? toldOf(extension, frame, told) : told[frame]!) };
}

/** Everything that changes the sampled latents: what was made, the networks that run, and settings. */
function checkpointKey(shot: Shot, made: Ingredients): Buffer {
  const { settings, bundle, provider, params, solver, scheduleId } = shot;
  const { plugin } = shot.method;
  const resolved = {
    ...settings,
    method: { ...settings.method, params },
    sampling: { ...settings.sampling, solver: solver.id, schedule: scheduleId },
  };
  const parts = [
    made.fingerprint,
    made.structure?.digests ?? null,
    bundle.digests,
    provider,
    SETTINGS.valuesThatAffect(resolved, 'sampling'),
    shot.range,
    // What stands for a frame is in the fingerprint; that it does is said here.
    ...settings.guide.pictures.map(({ frame }) => frame),
    ...samplingTexts(shot).branches.flatMap(({ digest }) => digest ?? []),
    ...controlsAsked(shot),
    // Frames together are added up in another order.
    ...(shot.capacity.together > 1 ? [shot.capacity.together] : []),
    ...shot.steering.digests,
    // Of Retake's own methods a version of Retake says nothing here.
    ...(plugin ? [{ ...codeOf(plugin), runs: plugin.runs }] : []),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** Null where there is none of use; what cannot be used is told. */
async function readCheckpoint(
  key: Buffer,
  { checkpoint, warn }: Pick<RenderContext, 'checkpoint' | 'warn'>,
): Promise<Checkpoint | null> {
  const found = await checkpoint.read(key);
  if (found === null) return null;
  if (found instanceof Uint8Array) return decodeCheckpoint(found);
  warn(`the checkpoint of this edit ${found.unusable}, so its frames are rendered from the first step`);
  return null;
}
