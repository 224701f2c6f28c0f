/**
 * One-shot tuning (Tune-A-Video, Wu et al. 2023, section 4.2): weights of the network are learnt on the frames of one clip, by the loss that it was
 * trained with, under sparse-causal attention, so that it draws them as one moving scene.
 */
import { AppError, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { Adam, type AdamState } from './adam.ts';
import { isFiniteLatent, placed, placeOf } from './finite.ts';
import { picker, stepNoise } from './noise.ts';
import type { Conditioning, Latent, PredictionType, RecordCall } from './types.ts';

/** As Tune-A-Video's code. */
const DECAY = 0.01;

/** How a network learns a shot. */
export interface Learning {
  readonly steps: number;
  /** Of AdamW, in every step. */
  readonly rate: number;
  /** Of factors beside the weights; 0 for the weights themselves. */
  readonly rank: number;
  /** Frames that a step sees at most: the network holds all of them at once. */
  readonly together: number;
  /** Of noise, timesteps and places. */
  readonly seed: number;
}

export interface LearnOf extends Omit<Learning, 'rank' | 'seed'> {
  readonly record: RecordCall;
  readonly prediction: PredictionType;
  /** ᾱ of every training timestep. */
  readonly alphaBars: Float64Array;
  /** Scaled clean latents of the clip's frames, in order, and what the network is told of each. */
  readonly clean: readonly Latent[];
  readonly structure?: readonly Float32Array[] | undefined;
  /** The prompt that describes them. */
  readonly text: Conditioning;
  /** What is learnt, by name; changed in place. What the network runs with, it reads from here. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly draw: Draw;
  readonly signal?: CancelSignal;
  /** Where an earlier one was left, its weights in `weights`, to go on to the same bits. */
  readonly from?: LearnState;
  /** After each step. @returns whether what was learnt so far is enough */
  onStep?(state: LearnState): boolean;
}

/** What is drawn by lot. */
export interface Draw {
  timestep(step: number): number;
  /** Unit noise of a frame of the clip. */
  noise(step: number, frame: number, count: number): Latent;
  /** A whole number below that. */
  place(step: number, below: number): number;
}

export interface LearnState {
  /** Of each step that was taken: mean squared error before it. */
  readonly losses: readonly number[];
  /** Of the weights in the order of their map. */
  readonly optimiser: AdamState;
}

/** Keeps the draws of learning apart from those of sampling. */
const STREAM = 0x7a5e;

/** A timestep for all frames of a step, as in Tune-A-Video's code, and noise of its own for each. */
export function seededDraw(seed: number, timesteps: number): Draw {
  const own = (seed ^ STREAM) >>> 0;
  return {
    timestep: (step) => picker(own, 2 * step)(timesteps),
    noise: (step, frame, count) => stepNoise(own, frame, step, count),
    place: (step, below) => picker(own, 2 * step + 1)(below),
  };
}

/** Numbers from -1 to 1 that factors begin with. */
export function uniform(seed: number, index: number): () => number {
  const pick = picker((seed ^ STREAM) >>> 0, -1 - index);
  return () => (2 * pick(RESOLUTION)) / RESOLUTION - 1;
}

const RESOLUTION = 2 ** 24;

/**
 * @returns the losses, one for each step that was taken
 * @throws Cancelled between two steps; AppError not-finite naming the step
 */
export async function learn(of: LearnOf): Promise<LearnState> {
  const { weights, steps, rate, signal, onStep } = of;
  const values = [...weights.values()];
  const adam = new Adam(values, { decay: DECAY }, of.from?.optimiser);
  const losses = [...(of.from?.losses ?? [])];
  for (let step = losses.length; step < steps; step++) {
    throwIfCancelled(signal);
    const { loss, gradients } = await slopeAt(of, step);
    adam.step(
      Array.from(weights.keys(), (name) => gradients.get(name)!),
      rate,
    );
    losses.push(loss);
    if (!values.every(isFiniteLatent)) throw broken('what is learnt', step);
    if (onStep?.(stateOf(losses, adam))) break;
  }
  return stateOf(losses, adam);
}

/** Copied only where somebody asks for it: it is twice as large as the weights. */
function stateOf(losses: readonly number[], adam: Adam): LearnState {
  const taken = [...losses];
  return {
    losses: taken,
    get optimiser() {
      return adam.state;
    },
  };
}

function broken(what: string, step: number): AppError {
  const hint = 'Lower the rate of learning (-p learnRate), or use the full-precision model.';
  return new AppError('not-finite', `${what} broke down at ${placeOf(step)} of learning (not a number)`, {
    doing: 'learning the shot',
    hint,
  });
}

/** The loss of a step and its gradients: mean((network(√ᾱ·z + √(1-ᾱ)·ε) - target)²), the target ε, v or z (Ho et al. 2020, Salimans & Ho 2022). */
async function slopeAt(of: LearnOf, step: number) {
  const { record, clean, structure, text, alphaBars, prediction, draw, together } = of;
  const timestep = draw.timestep(step);
  const [signal, noise] = [Math.sqrt(alphaBars[timestep]!), Math.sqrt(1 - alphaBars[timestep]!)];
  const seen = framesSeen(clean.length, together, (below) => draw.place(step, below));
  const targets: Float32Array[] = [];
  const inputs = seen.map((frame) => {
    const z = clean[frame]!;
    const e = draw.noise(step, frame, z.length);
    const latent = z.map((value, i) => signal * value + noise * e[i]!);
    if (prediction === 'v_prediction') targets.push(e.map((value, i) => signal * value - noise * z[i]!));
    else targets.push(prediction === 'sample' ? z : e);
    return { latent, timestep, branches: [text], ...(structure && { structure: structure[frame]! }) };
  });
  const placing = (error: unknown): never => {
    throw placed(error, `${placeOf(step)} of learning`);
  };
  const recorded = await record(inputs, ['weights'], 'causal').catch(placing);
  const count = targets.reduce((sum, { length }) => sum + length, 0);
  let loss = 0;
  const cotangents = recorded.outputs.map(({ outputs: [output] }, at) => {
    const target = targets[at]!;
    const differences = output!.map((value, i) => value - target[i]!);
    for (const difference of differences) loss += (difference * difference) / count;
    return [differences.map((difference) => (2 / count) * difference)];
  });
  if (!Number.isFinite(loss)) throw broken('the loss', step);
  const { weights } = await recorded.pull(cotangents, ['weights']).catch(placing);
  return { loss, gradients: weights! };
}

/**
 * All of them where that is no more than `together`. Else the first, to which all attend in sampling as well, and a stretch of others that
 * follow each other.
 */
function framesSeen(frames: number, together: number, place: (below: number) => number): number[] {
  if (frames <= together) return Array.from({ length: frames }, (_, frame) => frame);
  const stretch = Math.max(1, together) - 1;
  const begin = 1 + (stretch > 0 ? place(frames - stretch) : 0);
  return [0, ...Array.from({ length: stretch }, (_, i) => begin + i)];
}
