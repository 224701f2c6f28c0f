/**
 * Samples the runs of a method: steps outside, frames inside. A frame at one step needs others at the same step only, so
 * this equals the papers' frame-by-frame order and holds the features of a few frames instead of all.
 */
import { assert, throwIfCancelled } from '../../../common/errors.ts';
import { checkCapacity, ONE_BY_ONE } from './capacity.ts';
import type { Checkpoint } from './checkpoint.ts';
import { History } from './history.ts';
import { type Earlier, type Run, shotFrame, visitsOf } from './run.ts';
import type { SampleRequest } from './sampling.ts';
import { stepAt } from './solvers/solver.ts';
import { type RunState, stateOf } from './state.ts';
import { type Prediction, RunStep } from './step.ts';
import type { Latent } from './types.ts';

/**
 * Clean scaled latents of all frames of all runs, in frame order; a later run's stand for an earlier one's.
 * @throws Cancelled, AppError usage where a joint pass is too large for the capacity, not-finite
 */
export async function sampleRuns(request: SampleRequest): Promise<Latent[]> {
  const { resume, runs, capacity = ONE_BY_ONE } = request;
  checkCapacity(runs, capacity);
  const results = new Map<number, Latent>(resume?.results);
  const history = new History(runs, resume?.history);
  for (const index of runs.keys()) {
    if (index < (resume?.run ?? 0)) continue;
    const descent = new Descent(request, index, results, history);
    for (const [frame, latent] of await descent.sample())
      if (shotFrame(runs[index]!, frame) === frame) results.set(frame, latent);
    history.ended(index);
  }
  return [...results].sort(([a], [b]) => a - b).map(([, latent]) => latent);
}

/** One run from its first level to its last. */
class Descent {
  readonly #request: SampleRequest;
  readonly #index: number;
  readonly #run: Run;
  readonly #results: ReadonlyMap<number, Latent>;
  readonly #history: History;
  readonly #earlier: Earlier;
  readonly #state: RunState;

  constructor(request: SampleRequest, index: number, results: ReadonlyMap<number, Latent>, history: History) {
    const { runs, resume } = request;
    const run = runs[index]!;
    this.#request = request;
    this.#index = index;
    this.#run = run;
    this.#results = results;
    this.#history = history;
    this.#earlier = {
      result(frame) {
        const latent = results.get(frame);
        assert(latent, `a run before run ${index} has frame ${frame}`);
        return latent;
      },
      history: (frame, level) => history.recall(index, { frame, level }),
    };
    this.#state = stateOf(run, resume?.run === index ? resume : null, (frame) => {
      const latent = run.start(frame, this.#earlier);
      history.see({ run: index, frame, level: 0, latent });
      return latent;
    });
  }

  async sample(): Promise<ReadonlyMap<number, Latent>> {
    const { signal } = this.#request;
    const steps = this.#run.schedule.levels.length;
    while (this.#state.step < steps) {
      const { step } = this.#state;
      const taking = new RunStep(this.#request, this.#run, this.#earlier, this.#state);
      for (const [index, { visits }] of taking.batches.entries()) {
        throwIfCancelled(signal);
        const predictions = await taking.ask(index);
        throwIfCancelled(signal);
        await taking.take(index, predictions);
        if (this.#state.step > step) this.#remember();
        await this.#tell(
          taking,
          step,
          visits.map(({ frame }) => frame),
          predictions,
        );
      }
    }
    return this.#state.latents;
  }

  /** Every frame stands at the state's level. */
  #remember(): void {
    const { step: level, latents } = this.#state;
    for (const [frame, latent] of latents) this.#history.see({ run: this.#index, frame, level, latent });
  }

  async #tell(
    taking: RunStep,
    step: number,
    frames: readonly number[],
    predictions: readonly Prediction[],
  ): Promise<void> {
    const { runs, onVisit } = this.#request;
    const done = visitsOf(runs.slice(0, this.#index)) + this.#done();
    for (const [i, frame] of frames.entries()) {
      const left = frames.length - 1 - i;
      await onVisit?.({
        run: this.#index,
        step: stepAt(this.#run.schedule, step),
        frame: shotFrame(this.#run, frame),
        aside: shotFrame(this.#run, frame) !== frame,
        done: done - left,
        total: visitsOf(runs),
        denoised: predictions[i]!.denoised,
        edit: predictions[i]!.edit ?? null,
        latent: taking.latentOf(frame),
        checkpoint: left === 0 && this.#state.deep.size === 0 ? () => this.#checkpoint() : null,
      });
    }
  }

  /** Visits of this run. */
  #done(): number {
    const { step, visited } = this.#state;
    return step * this.#run.frames.length + visited.size;
  }

  #checkpoint(): Checkpoint {
    const { step, visited, latents, carries, features, before } = this.#state;
    return {
      run: this.#index,
      step,
      visited: [...visited],
      results: [...this.#results],
      latents: [...latents],
      carries: [...carries],
      features: [...features],
      before: [...before],
      history: this.#history.entries(),
    };
  }
}
