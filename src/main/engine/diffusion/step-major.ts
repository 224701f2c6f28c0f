/**
 * The step-major driver: steps outside, frames inside. Frame i at step k needs its neighbour and the anchor at the
 * same step only, so this equals the papers' frame-by-frame order and holds the features of two frames instead of all.
 */
import { assert, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { type Checkpoint, checkCheckpoint } from './checkpoint.ts';
import { denoiseFrame } from './denoiser.ts';
import type { Keep } from './edit-mask.ts';
import { assertFinite } from './finite.ts';
import type { Carry, References, StepMethod, Visited } from './method.ts';
import { stepNoise } from './noise.ts';
import { visitsFrom } from './order.ts';
import { noiseBetween } from './parametrisation.ts';
import type { Solver } from './solvers/solver.ts';
import type {
  Attention,
  Conditioning,
  Features,
  Latent,
  NoiseSchedule,
  Predict,
  PredictionType,
} from './types.ts';

export interface StepMajorRequest<P> extends NoiseSchedule {
  readonly predict: Predict;
  readonly prediction: PredictionType;
  readonly solver: Solver;
  /** clip_sample of the scheduler's configuration, for solvers that obey it. */
  readonly clip?: boolean;
  /**
   * One latent per frame at the first level, in the solver's form. Never written to.
   * When resuming, only its length counts.
   */
  readonly start: readonly Latent[];
  /** (unconditional, conditional); with guidance 1 only the last is run. */
  readonly branches: readonly Conditioning[];
  readonly guidance: number;
  /** Guidance starts from the first branch, then the source prompt's, only where the prompts disagree. */
  readonly keep?: Keep;
  /** Extra input channels of a frame, (k, h, w), never scaled. */
  readonly structure?: (frame: number) => Float32Array;
  /** The method's own parameters, already through its schema. */
  readonly params: P;
  /** Index within the shot of the frame that leads. */
  readonly anchor: number;
  /** Number of the first frame in errors; 0 by default. */
  readonly firstFrame?: number;
  readonly seed: number;
  readonly signal?: CancelSignal;
  readonly resume?: Checkpoint;
  /** After each frame of each step; awaited. */
  readonly onVisit?: (event: VisitEvent) => void | Promise<void>;
}

export interface VisitEvent {
  readonly step: number;
  readonly frame: number;
  /** Visits done and to do in all, resumed ones counted. */
  readonly done: number;
  readonly total: number;
  /** ẑ0 of the network for this frame, before the method's own changes: a preview without noise. */
  readonly denoised: Latent;
  /** The frame's latent after the step and the method's correction. */
  readonly latent: Latent;
  /** State after this visit: references, not copies, so it costs nothing until it is encoded. */
  checkpoint(): Checkpoint;
}

/** Samples all frames of a shot. Returns the clean scaled latents, ready to decode, in frame order. */
export async function sampleStepMajor<P>(
  method: StepMethod<P>,
  request: StepMajorRequest<P>,
): Promise<Latent[]> {
  const { levels, final, params, seed, signal, resume, solver, start } = request;
  const denoiser = { ...request, form: solver.form, clip: solver.clips && (request.clip ?? false) };
  const visits = visitsFrom(request.anchor, start.length);
  const steps = levels.length;
  const first = request.firstFrame ?? 0;
  if (resume) checkCheckpoint(resume, steps, start);

  const latents = [...(resume?.latents ?? start)];
  const carries = new Map<number, Carry>(resume?.carries);
  const features = new Map<number, Features>(resume?.features);
  /** What each frame's last step used, for multistep solvers. */
  const before = new Map<number, Latent>(resume?.before);

  for (let step = resume?.step ?? 0; step < steps; step++) {
    const from = levels[step]!;
    const to = levels[step + 1] ?? final;
    const references = method.references?.({ params, step, steps, visits, seed }) ?? visits.map(() => null);
    assert(references.length === visits.length, 'the method plans every visit of the step');
    const carryUse = lastUses(visits.map(({ previous }) => (previous === null ? [] : [previous])));
    const featureUse = lastUses(references.map((reference) => reference?.frames ?? []));

    for (let index = step === resume?.step ? resume.visit : 0; index < visits.length; index++) {
      throwIfCancelled(signal);
      const { frame, previous } = visits[index]!;
      const latent = latents[frame]!;
      const attention = attentionFor(references[index]!, features);
      const structure = request.structure?.(frame);
      const wanted = (featureUse.get(frame) ?? -1) > index;
      const prediction = await denoiseFrame(denoiser, latent, from, {
        ...(structure && { structure }),
        ...(attention && { attention }),
        ...(wanted && { capture: true }),
      });
      throwIfCancelled(signal);
      const { denoised } = prediction;
      assertFinite(denoised, 'sampling', step, first + frame);

      const visited: Visited<P> = {
        params,
        step,
        steps,
        frame,
        previous: previous === null ? null : carries.get(previous)!,
        form: solver.form,
        from,
        to,
        latent,
        attention,
        denoised,
      };
      const used = method.replace?.(visited) ?? denoised;
      const eps = used === denoised ? prediction.eps : noiseBetween(solver.form, latent, used, from);
      const last = before.get(frame);
      const next = solver.step({
        latent,
        prediction: { denoised: used, eps },
        from,
        to,
        before: last ? { denoised: last, level: levels[step - 1]! } : null,
        noise: () => stepNoise(seed, frame, step, latent.length),
      });
      await method.correct?.(visited, next);
      assertFinite(next, 'sampling', step, first + frame);
      latents[frame] = next;
      if (solver.multistep) before.set(frame, used);

      if (wanted) {
        assert(prediction.features, 'the network returned the features it was asked to capture');
        features.set(frame, prediction.features);
      }
      carries.set(frame, { denoised, used });
      forget(features, featureUse, index);
      forget(carries, carryUse, index);

      const ends = index + 1 === visits.length;
      await request.onVisit?.({
        step,
        frame,
        done: step * visits.length + index + 1,
        total: steps * visits.length,
        denoised,
        latent: next,
        checkpoint: () => ({
          step: ends ? step + 1 : step,
          visit: ends ? 0 : index + 1,
          latents: [...latents],
          carries: [...carries],
          features: [...features],
          before: [...before],
        }),
      });
    }
  }
  return latents;
}

/** Per frame, the index of the last visit that needs something of it. */
function lastUses(needs: readonly (readonly number[])[]): Map<number, number> {
  return new Map(needs.flatMap((frames, index) => frames.map((frame) => [frame, index] as const)));
}

/** Drops what no later visit of this step needs. */
function forget(held: Map<number, unknown>, lastUse: ReadonlyMap<number, number>, index: number): void {
  for (const frame of held.keys()) if ((lastUse.get(frame) ?? -1) <= index) held.delete(frame);
}

function attentionFor(
  reference: References | null,
  features: ReadonlyMap<number, Features>,
): Attention | undefined {
  if (!reference) return undefined;
  const bank = reference.frames.map((frame) => {
    const held = features.get(frame);
    assert(held, `features of frame ${frame} are held while they are needed`);
    return held;
  });
  return { bank, self: reference.self };
}
