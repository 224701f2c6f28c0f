/**
 * Samples the runs of a method: steps outside, frames inside. A frame at one step needs others at the same step only, so
 * this equals the papers' frame-by-frame order and holds the features of a few frames instead of all.
 */
import { assert, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { type Checkpoint, checkCheckpoint } from './checkpoint.ts';
import { denoiseFrames } from './denoiser.ts';
import type { Keep } from './edit-mask.ts';
import { assertFinite } from './finite.ts';
import { stepNoise } from './noise.ts';
import { type Denoised, noiseBetween } from './parametrisation.ts';
import { type Carry, type Pass, passesOf, type Run, type Seen, visitsOf } from './run.ts';
import type { Solver } from './solvers/solver.ts';
import type { Attention, Conditioning, Features, Latent, Predict, PredictionType } from './types.ts';

export interface SampleRequest {
  readonly runs: readonly Run[];
  readonly predict: Predict;
  readonly prediction: PredictionType;
  readonly solver: Solver;
  /** clip_sample of the scheduler's configuration, for solvers that obey it. */
  readonly clip?: boolean;
  /** (unconditional, conditional); with guidance 1 only the last is run. */
  readonly branches: readonly Conditioning[];
  readonly guidance: number;
  /** Guidance starts from the first branch, then the source prompt's, only where the prompts disagree. */
  readonly keep?: Keep;
  /** Extra input channels of a frame, (k, h, w), never scaled. */
  readonly structure?: (frame: number) => Float32Array;
  /** Number of the shot's first frame in errors; 0 by default. */
  readonly firstFrame?: number;
  readonly seed: number;
  readonly signal?: CancelSignal;
  readonly resume?: Checkpoint;
  /** After each frame of each step; awaited. */
  readonly onVisit?: (event: VisitEvent) => void | Promise<void>;
}

export interface VisitEvent {
  readonly run: number;
  readonly step: number;
  readonly frame: number;
  /** Visits done and to do in all runs, resumed ones counted. */
  readonly done: number;
  readonly total: number;
  /** ẑ0 of the network for this frame, before the method's own changes: a preview without noise. */
  readonly denoised: Latent;
  /** The frame's latent after the step and the method's correction; null while the step still gathers. */
  readonly latent: Latent | null;
  /**
   * State after this visit: references, not copies, so it costs nothing until it is encoded. Null between frames that
   * went through the network together: a part of them would not give the same bits again.
   */
  readonly checkpoint: (() => Checkpoint) | null;
}

/** Clean scaled latents of all frames of all runs, in frame order; a later run's stand for an earlier one's. */
export async function sampleRuns(request: SampleRequest): Promise<Latent[]> {
  const { resume, runs } = request;
  const results = new Map<number, Latent>(resume?.results);
  const total = visitsOf(runs);
  for (const [index, run] of runs.entries()) {
    if (index < (resume?.run ?? 0)) continue;
    const before = { index, done: visitsOf(runs.slice(0, index)), total, results };
    const latents = await sampleRun(run, request, before, resume?.run === index ? resume : undefined);
    for (const [frame, latent] of latents) results.set(frame, latent);
  }
  return [...results].sort(([a], [b]) => a - b).map(([, latent]) => latent);
}

interface Before {
  readonly index: number;
  readonly done: number;
  readonly total: number;
  readonly results: ReadonlyMap<number, Latent>;
}

async function sampleRun(
  run: Run,
  request: SampleRequest,
  { index: runIndex, done: doneBefore, total, results }: Before,
  resume: Checkpoint | undefined,
): Promise<Map<number, Latent>> {
  const { seed, signal, solver } = request;
  const { levels, final } = run.schedule;
  const steps = levels.length;
  const number = (frame: number) => (request.firstFrame ?? 0) + frame;
  const denoiser = { ...request, form: solver.form, clip: solver.clips && (request.clip ?? false) };
  if (resume) checkCheckpoint(resume, run);

  const latents = new Map<number, Latent>(
    resume?.latents ?? run.frames.map((frame) => [frame, run.start(frame, results)]),
  );
  const carries = new Map<number, Carry>(resume?.carries);
  const features = new Map<number, Features>(resume?.features);
  /** What each frame's last step used, for multistep solvers. */
  const before = new Map<number, Latent>(resume?.before);

  for (let step = resume?.step ?? 0; step < steps; step++) {
    const from = levels[step]!;
    const to = levels[step + 1] ?? final;
    const gathers = run.gathers?.(step) ?? false;
    const passes = passesOf(run, step);
    const visits = passes.flatMap((pass) => pass.frames.map((frame) => ({ frame, pass })));
    assert(visits.length === run.frames.length, 'the passes of a step visit every frame of the run once');
    const carryUse = lastUses(visits, ({ reads = [] }) => reads);
    const featureUse = lastUses(visits, keysOf);

    const seenOf = (frame: number, pass: Pass, denoised: Latent): Seen => ({
      step,
      steps,
      frame,
      form: solver.form,
      from,
      to,
      latent: latents.get(frame)!,
      attention: attentionFor(pass, features),
      denoised,
      reads: (pass.reads ?? []).map((other) => {
        const carry = carries.get(other);
        assert(carry, `the prediction of frame ${other} is held while it is read`);
        return carry;
      }),
    });
    const stepWith = async (seen: Seen, prediction: Denoised) => {
      const { frame, latent } = seen;
      const last = before.get(frame);
      const stepped = solver.step({
        latent,
        prediction,
        from,
        to,
        before: last ? { denoised: last, level: levels[step - 1]! } : null,
        noise: () => stepNoise(seed, frame, step, latent.length),
      });
      const next = (await run.settle?.(seen, stepped)) ?? stepped;
      assertFinite(next, 'sampling', step, number(frame));
      latents.set(frame, next);
      if (solver.multistep) before.set(frame, prediction.denoised);
    };
    const stepAll = async () => {
      const clean = new Map([...carries].map(([frame, { used }]) => [frame, used]));
      const gathered = (await run.gather?.(step, clean)) ?? clean;
      for (const { frame, pass } of visits) {
        const used = gathered.get(frame) ?? clean.get(frame)!;
        const seen = seenOf(frame, pass, carries.get(frame)!.denoised);
        await stepWith(seen, { denoised: used, eps: noiseBetween(solver.form, seen.latent, used, from) });
      }
      carries.clear();
      features.clear();
    };

    let visit = 0;
    for (const pass of passes) {
      const first = visit;
      visit += pass.frames.length;
      if (step === resume?.step && first < resume.visit) continue;
      throwIfCancelled(signal);
      const wanted = (frame: number) => (featureUse.get(frame) ?? -1) >= visit;
      const predictions = await denoiseFrames(
        denoiser,
        pass.frames.map((frame) => ({
          latent: latents.get(frame)!,
          structure: request.structure?.(frame),
          attention: attentionFor(pass, features),
          capture: wanted(frame),
          branches: run.text?.(frame, step),
        })),
        from,
        pass.keys === 'joint',
      );
      throwIfCancelled(signal);

      for (const [i, frame] of pass.frames.entries()) {
        const prediction = predictions[i]!;
        const { denoised } = prediction;
        assertFinite(denoised, 'sampling', step, number(frame));
        const seen = seenOf(frame, pass, denoised);
        const used = (await run.blend?.(seen)) ?? denoised;
        if (!gathers) {
          const eps = used === denoised ? prediction.eps : noiseBetween(solver.form, seen.latent, used, from);
          await stepWith(seen, { denoised: used, eps });
        }
        if (wanted(frame)) {
          assert(prediction.features, 'the network returned the features it was asked to capture');
          features.set(frame, prediction.features);
        }
        carries.set(frame, { denoised, used });
      }
      const ends = visit === visits.length;
      if (gathers && ends) await stepAll();
      else if (!gathers) {
        forget(features, featureUse, visit - 1);
        forget(carries, carryUse, visit - 1);
      }
      const checkpoint = (): Checkpoint => ({
        run: runIndex,
        step: ends ? step + 1 : step,
        visit: ends ? 0 : visit,
        results: [...results],
        latents: [...latents],
        carries: [...carries],
        features: [...features],
        before: [...before],
      });
      for (const [i, frame] of pass.frames.entries()) {
        await request.onVisit?.({
          run: runIndex,
          step,
          frame,
          done: doneBefore + step * visits.length + first + i + 1,
          total,
          denoised: predictions[i]!.denoised,
          latent: gathers && !ends ? null : latents.get(frame)!,
          checkpoint: i + 1 === pass.frames.length ? checkpoint : null,
        });
      }
    }
  }
  return latents;
}

interface Visit {
  readonly frame: number;
  readonly pass: Pass;
}

/** Per frame, the index of the last visit that needs something of it. */
function lastUses(visits: readonly Visit[], needs: (pass: Pass) => readonly number[]): Map<number, number> {
  return new Map(visits.flatMap(({ pass }, index) => needs(pass).map((frame) => [frame, index] as const)));
}

/** Drops what no later visit of this step needs. */
function forget(held: Map<number, unknown>, lastUse: ReadonlyMap<number, number>, index: number): void {
  for (const frame of held.keys()) if ((lastUse.get(frame) ?? -1) <= index) held.delete(frame);
}

/** Frames of earlier passes whose tokens a pass attends to. */
function keysOf({ keys }: Pass): readonly number[] {
  return keys === 'own' || keys === 'joint' ? [] : keys;
}

function attentionFor(pass: Pass, features: ReadonlyMap<number, Features>): Attention | undefined {
  if (pass.keys === 'own' || pass.keys === 'joint') return undefined;
  const bank = pass.keys.map((frame) => {
    const held = features.get(frame);
    assert(held, `features of frame ${frame} are held while they are needed`);
    return held;
  });
  return { bank, self: pass.self ?? false };
}
