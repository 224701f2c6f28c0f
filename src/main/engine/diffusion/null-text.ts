/**
 * Null-text optimisation (Mokady et al. 2022, Alg. 1): for every step the unconditional text with which guidance lands on the way that
 * the frame was inverted by. Gradients go through the unconditional branch alone, by its text: the conditional one is a constant of
 * a step. Frames may share their texts: each step then has the one that is best for all of them.
 */
import { type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { Adam } from './adam.ts';
import { assertFinite, placed, placeOf } from './finite.ts';
import { combine } from './guidance.ts';
import { networkInput, toDenoised } from './parametrisation.ts';
import { isWithin, type Share } from './share.ts';
import type { Solver } from './solvers/solver.ts';
import type {
  Conditioning,
  Latent,
  Level,
  NoiseSchedule,
  Predict,
  PredictInput,
  PredictionType,
  RecordCall,
} from './types.ts';

/** One frame whose way is kept to. */
export interface Pivot {
  /** Number for messages. */
  readonly frame: number;
  /** Latents at every level, the noise first, the clean one last. */
  readonly way: readonly Latent[];
  /** Extra input channels of the network. */
  readonly structure?: Float32Array | undefined;
}

export interface NullTextOf {
  readonly predict: Predict;
  readonly record: RecordCall;
  readonly prediction: PredictionType;
  readonly solver: Solver;
  readonly schedule: NoiseSchedule;
  readonly guidance: number;
  /** Steps in which guidance acts; in others nothing is tuned. All of them unless said. */
  readonly guidanceRange?: Share;
  /** As sampling bounds ẑ0. */
  readonly clip?: boolean;
  /** The prompt that the frames were inverted under, and the text that the first step begins with. */
  readonly conditional: Conditioning;
  readonly unconditional: Conditioning;
  /** At least one; several share their texts. */
  readonly pivots: readonly Pivot[];
  /** Steps of Adam in each step, at most; with 0 guidance goes as it would without. */
  readonly inner: number;
  readonly signal?: CancelSignal;
  /** After each network call of one frame; `back` where it was followed backwards. */
  readonly onCall?: (back: boolean) => void;
  /** Where an earlier one was left, to go on to the same bits. */
  readonly from?: NullTextState;
  /** After each step. */
  readonly onStep?: (state: NullTextState) => void;
}

/** What was done of the steps; nothing of it is changed afterwards. */
export interface NullTextState {
  /** The text of each step that was taken, (tokens, dim). */
  readonly texts: readonly Float32Array[];
  /** Where guidance has led each frame so far; after the last step, its reconstruction. */
  readonly latents: readonly Latent[];
  /** ẑ0 of the last step of each frame, for solvers that remember it. */
  readonly before: readonly Latent[] | null;
  /** Per step, the loss before each update. */
  readonly losses: readonly (readonly number[])[];
}

/** Whether a solver has a way up, and steps from level to level by one call each. */
export function canTune({ inversion, asked }: Solver): boolean {
  return inversion !== null && !asked;
}

/** The paper's steps: its rate falls, and its bound rises, from step to step of 50; more steps go on as the last. */
const LAST = 49;
const rateOf = (step: number) => 0.01 * (1 - Math.min(step, LAST) / 100);
const boundOf = (step: number) => 1e-5 + Math.min(step, LAST) * 2e-5;

/** @throws Cancelled between two network calls; AppError not-finite naming step and frame */
export async function tuneNullText(of: NullTextOf): Promise<NullTextState> {
  const { schedule, guidance, guidanceRange, pivots, inner, signal, onStep } = of;
  const steps = schedule.levels.length;
  let state: NullTextState = of.from ?? {
    ...{ texts: [], losses: [], before: null },
    latents: pivots.map(({ way }) => way[0]!),
  };
  for (let step = state.texts.length; step < steps; step++) {
    throwIfCancelled(signal);
    const at = new StepOf(of, state, step);
    const text = (state.texts.at(-1) ?? of.unconditional.hidden).slice();
    const rests = guidance === 1 || (guidanceRange && !isWithin(guidanceRange, step, steps));
    const losses: number[] = [];
    const conditional = await at.conditional();
    if (!rests && inner > 0) {
      const adam = new Adam([text]);
      for (let k = 0; k < inner; k++) {
        const { loss, gradient } = await at.slope(text, conditional);
        adam.step([gradient], rateOf(step));
        losses.push(loss);
        assertFinite(text, 'tuning the empty prompt', step, pivots[0]!.frame);
        if (loss < boundOf(step)) break;
      }
    }
    const { latents, denoised } = at.stepped(conditional, rests ? null : await at.unconditional(text));
    state = {
      ...{ texts: [...state.texts, text], latents, losses: [...state.losses, losses] },
      before: of.solver.multistep ? denoised : null,
    };
    onStep?.(state);
  }
  return state;
}

/** One step of all frames, from where guidance has led them. */
class StepOf {
  readonly #of: NullTextOf;
  readonly #state: NullTextState;
  readonly #step: number;
  readonly #from: Level;
  readonly #to: Level;

  constructor(of: NullTextOf, state: NullTextState, step: number) {
    const { levels, final } = of.schedule;
    this.#of = of;
    this.#state = state;
    this.#step = step;
    this.#from = levels[step]!;
    this.#to = levels[step + 1] ?? final;
  }

  /** Raw outputs, by frame. */
  conditional(): Promise<readonly Latent[]> {
    return this.#ask(this.#of.conditional);
  }

  unconditional(hidden: Float32Array): Promise<readonly Latent[]> {
    return this.#ask({ ...this.#of.unconditional, hidden });
  }

  /** Mean squared error of the step beside the ways of all frames, and its gradient by the unconditional text. */
  async slope(
    hidden: Float32Array,
    conditional: readonly Latent[],
  ): Promise<{ readonly loss: number; readonly gradient: Float32Array }> {
    const { record, pivots, guidance, signal, onCall, clip } = this.#of;
    const gradient = new Float32Array(hidden.length);
    const text = { ...this.#of.unconditional, hidden };
    const weights = this.#byRaw();
    let loss = 0;
    for (const [f, { way }] of pivots.entries()) {
      throwIfCancelled(signal);
      const placing = (error: unknown): never => {
        throw placed(error, placeOf(this.#step, pivots[f]!.frame));
      };
      const recorded = await record([this.#input(f, text)], ['text']).catch(placing);
      const output = recorded.outputs[0]!.outputs[0]!;
      const { latent, denoised } = this.#frame(f, conditional[f]!, output);
      const pivot = way[this.#step + 1]!;
      const share = 2 / (latent.length * pivots.length);
      let sum = 0;
      const cotangent = latent.map((value, i) => {
        const off = value - pivot[i]!;
        sum += off * off;
        // What bounds ẑ0 hides how it would go on.
        const byDenoised = clip && Math.abs(denoised[i]!) >= 1 ? 0 : weights.byDenoised;
        return share * off * (1 - guidance) * (byDenoised + weights.byEps);
      });
      loss += sum / (latent.length * pivots.length);
      const { texts } = await recorded.pull([[cotangent]], ['text']).catch(placing);
      const own = texts![0]![0]!;
      for (let i = 0; i < gradient.length; i++) gradient[i] = gradient[i]! + own[i]!;
      onCall?.(true);
    }
    return { loss, gradient };
  }

  /** Where the step leads each frame. @param unconditional null where guidance rests */
  stepped(conditional: readonly Latent[], unconditional: readonly Latent[] | null) {
    const all = this.#of.pivots.map(({ frame }, f) => {
      const stepped = this.#frame(f, conditional[f]!, unconditional?.[f] ?? null);
      assertFinite(stepped.latent, 'tuning the empty prompt', this.#step, frame);
      return stepped;
    });
    return { latents: all.map(({ latent }) => latent), denoised: all.map(({ denoised }) => denoised) };
  }

  /** Frame by frame, as gradients are: memory is that of one. */
  async #ask(text: Conditioning): Promise<readonly Latent[]> {
    const { predict, pivots, signal, onCall } = this.#of;
    const outputs: Latent[] = [];
    for (const f of pivots.keys()) {
      throwIfCancelled(signal);
      const [answer] = await predict([this.#input(f, text)]);
      outputs.push(answer!.outputs[0]!);
      onCall?.(false);
    }
    return outputs;
  }

  #input(f: number, text: Conditioning): PredictInput {
    const { solver, pivots } = this.#of;
    const { structure } = pivots[f]!;
    return {
      latent: networkInput(solver.form, this.#state.latents[f]!, this.#from),
      timestep: this.#from.timestep,
      branches: [text],
      ...(structure && { structure }),
    };
  }

  #frame(f: number, conditional: Latent, unconditional: Latent | null) {
    const { solver, prediction, guidance, clip } = this.#of;
    const raw = unconditional ? combine([unconditional, conditional], guidance) : conditional;
    const latent = this.#state.latents[f]!;
    const predicted = toDenoised(solver.form, prediction, raw, latent, this.#from, clip);
    return { latent: this.#stepBy(latent, predicted, f), denoised: predicted.denoised };
  }

  #stepBy(latent: Latent, prediction: { readonly denoised: Latent; readonly eps: Latent }, f: number | null) {
    const { solver, schedule } = this.#of;
    const { before } = this.#state;
    const denoised = f === null ? new Float32Array(latent.length) : before?.[f];
    return solver.step({
      ...{ latent, prediction, from: this.#from, to: this.#to },
      before: before && denoised ? { denoised, level: schedule.levels[this.#step - 1]! } : null,
      noise: () => new Float32Array(latent.length),
    });
  }

  /**
   * By how much the step follows the raw output, by way of ẑ0 and of ε: each value by itself and linear, so one from nothing tells.
   */
  #byRaw(): { readonly byDenoised: number; readonly byEps: number } {
    const { solver, prediction } = this.#of;
    const [none, one] = [Float32Array.of(0), Float32Array.of(1)];
    const { denoised, eps } = toDenoised(solver.form, prediction, one, none, this.#from);
    return {
      byDenoised: this.#stepBy(none, { denoised, eps: none }, null)[0]!,
      byEps: this.#stepBy(none, { denoised: none, eps }, null)[0]!,
    };
  }
}
