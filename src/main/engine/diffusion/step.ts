/** One step of a run: its batches through the network, and every frame from its level to the next. */
import { assert } from '../../../common/errors.ts';
import { type Batch, schedule as batchesOf, type Visit } from './batches.ts';
import { mostOf, ONE_BY_ONE } from './capacity.ts';
import { type Answer, denoiseFrames, recordFrames } from './denoiser.ts';
import { assertFinite, placed, placeOf } from './finite.ts';
import { stepNoise } from './noise.ts';
import { addNoise, type Denoised, noiseBetween } from './parametrisation.ts';
import { wholeCalls } from './reuse.ts';
import {
  type Earlier,
  isRecorded,
  keysOf,
  type Pass,
  passesOf,
  type Read,
  type Run,
  type Seen,
  type Slope,
  shotFrame,
} from './run.ts';
import type { SampleRequest } from './sampling.ts';
import { isWithin } from './share.ts';
import { slopeOf } from './slope.ts';
import { stepAt } from './solvers/solver.ts';
import type { RunState } from './state.ts';
import type { Attention, DeepFeatures, Latent, Level } from './types.ts';

export interface Prediction extends Answer {
  /** Of its call, where the run differentiates. */
  readonly slope?: Slope;
}

export class RunStep {
  /** What is left of the step, in order. */
  readonly batches: readonly Batch[];
  readonly #request: SampleRequest;
  readonly #run: Run;
  readonly #earlier: Earlier;
  readonly #state: RunState;
  readonly #step: number;
  readonly #from: Level;
  readonly #to: Level;
  readonly #visits: readonly Visit[];
  readonly #gathers: boolean;
  /** Whether it goes through the whole network, and whether the next one does not. */
  readonly #whole: boolean;
  readonly #reusedNext: boolean;
  /** Frames whose latent stands at the next level. */
  readonly #stepped: Set<number>;
  /** Per frame, the last batch that needs its features, and its predictions. */
  readonly #featureUse: ReadonlyMap<number, number>;
  readonly #carryUse: ReadonlyMap<number, number>;

  constructor(request: SampleRequest, run: Run, earlier: Earlier, state: RunState) {
    const { step, visited } = state;
    const { levels, final } = run.schedule;
    const passes = passesOf(run, step);
    this.#request = request;
    this.#run = run;
    this.#earlier = earlier;
    this.#state = state;
    this.#step = step;
    this.#from = levels[step]!;
    this.#to = levels[step + 1] ?? final;
    this.#visits = passes.flatMap((pass) => pass.frames.map((frame) => ({ frame, pass })));
    assert(run.frames.length > 0, 'a run has frames');
    const frames = new Set(this.#visits.map(({ frame }) => frame));
    assert(
      this.#visits.length === run.frames.length && run.frames.every((frame) => frames.has(frame)),
      'the passes of a step visit every frame of the run once',
    );
    this.#gathers = run.gathers?.(step) ?? false;
    const whole = wholeCalls(run, request);
    this.#whole = whole[step]!;
    this.#reusedNext = whole[step + 1] === false;
    this.#stepped = new Set(this.#gathers ? [] : visited);
    const most = mostOf(request.capacity ?? ONE_BY_ONE);
    this.batches = batchesOf(passes, (pass) => (isRecorded(run, step, pass) ? 1 : most(pass)), visited);
    this.#featureUse = lastUses(this.batches, keysOf);
    this.#carryUse = lastUses(this.batches, ({ reads = [] }) => reads);
  }

  /** The network's call for a batch. */
  async ask(index: number): Promise<readonly Prediction[]> {
    const { record, solver, structure, control, clip, branches, toldGuidance, guidanceRange } = this.#request;
    const { schedule } = this.#run;
    const [step, steps] = [stepAt(schedule, this.#step), stepAt(schedule, schedule.levels.length - 1) + 1];
    const { visits, joint } = this.batches[index]!;
    // A distilled network runs for one branch in any case, and knows no guidance but those it was made for.
    const rests = !toldGuidance && guidanceRange && !isWithin(guidanceRange, step, steps);
    const denoiser = {
      ...this.#request,
      ...(rests && { guidance: 1 }),
      form: solver.form,
      clip: solver.clips && (clip ?? false),
    };
    const inputs = visits.map(({ frame, pass }) => ({
      latent: this.#state.latents.get(frame)!,
      structure: structure?.(shotFrame(this.#run, frame)),
      attention: this.#attention(pass),
      control: control?.(shotFrame(this.#run, frame), step, steps),
      capture: this.#lends(frame, index),
      deep: this.#whole ? undefined : this.#deepOf(frame),
      keepDeep: this.#whole && this.#reusedNext,
      branches: this.#run.text?.(frame, this.#step, branches),
    }));
    if (!isRecorded(this.#run, this.#step, visits[0]!.pass))
      return denoiseFrames(denoiser, inputs, this.#from, joint);
    assert(record, 'what a run differentiates can be followed backwards');
    const call = { frames: inputs, level: this.#from, by: ['latent'], joint } as const;
    const frames = visits.map(({ frame }) => frame);
    const where = () => placeOf(...this.#stands(frames[0]!));
    const recorded = await recordFrames(denoiser, record, call).catch((error: unknown) => {
      throw placed(error, where());
    });
    const slope = slopeOf(recorded, frames, {
      where,
      check: (gradient, frame) => this.#assertFinite(gradient, frame, 'following the network backwards'),
    });
    return recorded.answers.map((answer) => ({ ...answer, slope }));
  }

  /** What becomes of its answers: the frames step, or wait for those that are still to come. */
  async take(index: number, predictions: readonly Prediction[]): Promise<void> {
    const { features, carries, visited, deep } = this.#state;
    for (const [i, visit] of this.batches[index]!.visits.entries()) {
      const { frame } = visit;
      const prediction = predictions[i]!;
      const { denoised, slope } = prediction;
      this.#assertFinite(denoised, frame);
      const seen = this.#seen(visit, denoised, slope);
      const used = (await this.#run.blend?.(seen, this.#earlier)) ?? denoised;
      if (!this.#gathers) await this.#advance(seen, used, prediction);
      if (this.#lends(frame, index)) {
        assert(prediction.features, 'the network returned the features it was asked to capture');
        features.set(frame, prediction.features);
      }
      if (this.#whole && this.#reusedNext) {
        assert(prediction.deep, 'the network returned what its depth made');
        deep.set(frame, prediction.deep);
      }
      carries.set(frame, { denoised, used });
      visited.add(frame);
    }
    if (!this.#gathers) {
      forget(features, this.#featureUse, index);
      forget(carries, this.#carryUse, index);
    }
    if (index === this.batches.length - 1) await this.#end();
  }

  /** The frame's latent if it stands at the next level, null while it waits. */
  latentOf(frame: number): Latent | null {
    return this.#stepped.has(frame) ? this.#state.latents.get(frame)! : null;
  }

  async #end(): Promise<void> {
    const { carries, features, visited, deep } = this.#state;
    if (this.#gathers) await this.#gather();
    carries.clear();
    features.clear();
    visited.clear();
    this.#state.step++;
    if (!this.#reusedNext) deep.clear();
  }

  /** Every frame was visited: all of them step. */
  async #gather(): Promise<void> {
    const { carries } = this.#state;
    const clean = new Map([...carries].map(([frame, { used }]) => [frame, used]));
    const gathered = (await this.#run.gather?.(this.#step, clean, this.#earlier)) ?? clean;
    for (const visit of this.#visits) {
      const { frame } = visit;
      const used = gathered.get(frame) ?? clean.get(frame)!;
      await this.#advance(this.#seen(visit, carries.get(frame)!.denoised), used);
    }
  }

  /** One frame to the next level, with a ẑ0 that need not be the prediction's. */
  async #advance(seen: Seen, used: Latent, prediction?: Denoised): Promise<void> {
    const { solver, seed } = this.#request;
    const { frame, latent, from, to, form } = seen;
    const { latents, before } = this.#state;
    const last = before.get(frame);
    const keeps = this.#gathers && this.#run.keepsNoise && used !== seen.denoised;
    const eps =
      used === prediction?.denoised
        ? prediction.eps
        : noiseBetween(form, latent, keeps ? seen.denoised : used, from);
    const stepped = solver.step({
      latent: keeps ? addNoise(form, used, eps, from) : latent,
      prediction: { denoised: used, eps },
      from,
      to,
      before: last ? { denoised: last, level: this.#run.schedule.levels[this.#step - 1]! } : null,
      noise: () => stepNoise(seed, frame, this.#step, latent.length),
    });
    // What a method does to a frame it does to where the step leads, not to a trial of it.
    const settled = to.trial ? stepped : await this.#run.settle?.(seen, stepped, this.#earlier);
    const next = settled ?? stepped;
    this.#assertFinite(next, frame);
    latents.set(frame, next);
    this.#stepped.add(frame);
    if (solver.multistep) before.set(frame, used);
  }

  #seen({ frame, pass }: Visit, denoised: Latent, slope?: Slope): Seen {
    return {
      step: this.#step,
      steps: this.#run.schedule.levels.length,
      frame,
      form: this.#request.solver.form,
      from: this.#from,
      to: this.#to,
      latent: this.#state.latents.get(frame)!,
      attention: this.#attention(pass),
      denoised,
      ...(slope && { slope }),
      reads: (pass.reads ?? []).map((other): Read => {
        const carry = this.#state.carries.get(other);
        assert(carry, `the prediction of frame ${other} is held while it is read`);
        return { ...carry, frame: other, next: this.latentOf(other) };
      }),
    };
  }

  #attention(pass: Pass): Attention | undefined {
    if (pass.keys === 'own' || pass.keys === 'joint') return undefined;
    const bank = pass.keys.map((frame) => {
      const held = this.#state.features.get(frame);
      assert(held, `features of frame ${frame} are held while they are needed`);
      return held;
    });
    return { bank, self: pass.self ?? false };
  }

  #deepOf(frame: number): DeepFeatures {
    const kept = this.#state.deep.get(frame);
    assert(kept, `what the depth made of frame ${frame} is kept until the next whole call`);
    return kept;
  }

  /** Whether batches after this one attend to the frame. */
  #lends(frame: number, index: number): boolean {
    return (this.#featureUse.get(frame) ?? -1) > index;
  }

  #assertFinite(latent: Latent, frame: number, doing = 'sampling'): void {
    assertFinite(latent, doing, ...this.#stands(frame));
  }

  /** The step, from 0, and the frame of the clip. */
  #stands(frame: number): [step: number, frame: number] {
    return [
      stepAt(this.#run.schedule, this.#step),
      (this.#request.firstFrame ?? 0) + shotFrame(this.#run, frame),
    ];
  }
}

/** Per frame, the last batch that needs something of it. */
function lastUses(batches: readonly Batch[], needs: (pass: Pass) => readonly number[]): Map<number, number> {
  return new Map(
    batches.flatMap(({ visits }, index) =>
      visits.flatMap(({ pass }) => needs(pass).map((frame): [number, number] => [frame, index])),
    ),
  );
}

/** Drops what no later batch of this step needs. */
function forget(held: Map<number, unknown>, lastUse: ReadonlyMap<number, number>, index: number): void {
  for (const frame of held.keys()) if ((lastUse.get(frame) ?? -1) <= index) held.delete(frame);
}
