/**
 * What the network learnt on the shot (Tune-A-Video, Wu et al. 2023): weights by name, and the loss of each step. 108 MB of Stable Diffusion
 * 1.5's own weights, 0.5 MB of factors of rank 4. Given up or killed, learning goes on at the step where it was.
 */
import type { Tensor } from '../artefacts/codecs.ts';
import { digestOf, keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { type Learning, type LearnState, learn, seededDraw, uniform } from '../diffusion/learn.ts';
import { alphaBars } from '../diffusion/schedule.ts';
import { RECORDED_UNITS } from '../diffusion/work.ts';
import type { PromptReading } from '../models/prompt/reader.ts';
import type { Derived, Half, MakingOf } from './derived.ts';
import { keepingHalf } from './half.ts';
import { namesOf, type ShotOf } from './shot.ts';
import { keyOfReading } from './text.ts';

/** Raise when other weights are learnt from the same. */
const VERSION = 1;
/** What is half made is kept so often, in milliseconds. */
const KEEP_MS = 30_000;

export type TunedWeights = Readonly<Record<string, Tensor>>;

export interface TunedOf {
  readonly learning: Learning;
  /** Every frame's clean latent, in order. */
  readonly clean: readonly Derived<Tensor>[];
  /** What the network is told of each frame beside it; null for those that take the latent alone, 'unknown' where that has yet to be made. */
  readonly structure:
    | { readonly digests: readonly string[]; readonly maps?: readonly Float32Array[] }
    | 'unknown'
    | null;
  readonly surroundings: readonly Derived<Tensor>[] | null;
  /** The prompt that describes the clip. */
  readonly source: PromptReading;
}

/** A step of learning in network calls of one branch. @param frames of the shot */
export function learningUnits({ together }: Pick<Learning, 'together'>, frames: number): number {
  return RECORDED_UNITS * Math.min(frames, together);
}

export function tunedOf(shot: ShotOf, of: TunedOf): Derived<TunedWeights> {
  const { learning, clean, surroundings } = of;
  const { steps, rank, rate } = learning;
  return {
    kind: kinds.tuned,
    key: tunedKey(shot, of),
    names: namesOf(shot, `frames ${clean[0]!.frame} to ${clean.at(-1)!.frame}`, {
      prompt: shot.settings.prompts.source,
      settings: `${steps} steps, rate ${rate}, ${rank === 0 ? 'all of the weights' : `rank ${rank}`}`,
    }),
    calls: { learn: steps },
    needs: [...clean, ...(surroundings ?? [])],
    async make(making) {
      return { value: await tunedBy(shot, of, making) };
    },
  };
}

function tunedKey(
  shot: ShotOf,
  { learning, clean, structure, surroundings, source }: TunedOf,
): string | null {
  const keys = [...clean, ...(surroundings ?? [])].map(({ key }) => key);
  if (structure === 'unknown' || keys.includes(null)) return null;
  const { unet, textEncoder, tokenizer, scheduler } = shot.model.digests;
  const { provider } = shot;
  return keyOf('tuned', VERSION, {
    ...learning,
    ...{ keys, structure: structure?.digests ?? null, provider },
    ...{ prompt: source.prompt, unet, textEncoder, tokenizer, scheduler },
    prediction: shot.model.scheduler.prediction,
    ...keyOfReading(source),
  });
}

async function tunedBy(shot: ShotOf, of: TunedOf, making: MakingOf<TunedWeights>): Promise<TunedWeights> {
  const { learning, structure, source } = of;
  const { bundle, record, text } = shot.networks();
  const { seed } = learning;
  const all = async (things: readonly Derived<Tensor>[]) => {
    const made: Float32Array[] = [];
    for (const thing of things) made.push((await making.have(thing)).data);
    return made;
  };
  const clean = await all(of.clean);
  const told = of.surroundings
    ? await all(of.surroundings)
    : structure === 'unknown'
      ? undefined
      : structure?.maps;
  const learnt = bundle.learnt!;
  const weights = learnt.initial((index) => uniform(seed, index));
  const from = making.half ? halfIn(making.half, weights) : null;
  learnt.use(weights);
  const keep = (state: LearnState) => making.half?.keep(packed(weights, state, true));
  const state = await keepingHalf({ every: KEEP_MS, keep }, (onStep) =>
    learn({
      ...{ clean, weights, rate: learning.rate, steps: learning.steps, together: learning.together },
      ...(told && { structure: told }),
      record: record(),
      text: text(source),
      prediction: shot.model.scheduler.prediction,
      alphaBars: alphaBars(shot.model.scheduler),
      draw: seededDraw(seed, shot.model.scheduler.trainTimesteps),
      signal: making.signal,
      ...(from && { from }),
      onStep(state) {
        onStep(state);
        making.onCall('learn');
        const { losses } = state;
        return making.onLoss?.({ losses, steps: learning.steps }) ?? false;
      },
    }),
  );
  return packed(weights, state, false);
}

const LOSSES = 'losses';
const MEAN = 'mean ';
const SQUARE = 'square ';

/** @param whole with what the optimiser remembers */
function packed(weights: ReadonlyMap<string, Float32Array>, state: LearnState, whole: boolean): TunedWeights {
  const flat = (data: Float32Array): Tensor => ({ shape: [data.length], data });
  const { losses } = state;
  const optimiser = whole ? state.optimiser : null;
  const names = [...weights.keys()];
  return {
    [LOSSES]: flat(Float32Array.from(losses)),
    ...Object.fromEntries(Array.from(weights, ([name, data]) => [name, flat(data.slice())])),
    ...Object.fromEntries((optimiser?.means ?? []).map((data, i) => [MEAN + names[i]!, flat(data)])),
    ...Object.fromEntries((optimiser?.squares ?? []).map((data, i) => [SQUARE + names[i]!, flat(data)])),
  };
}

/** @param weights are set to what they were then */
function halfIn(half: Half<TunedWeights>, weights: ReadonlyMap<string, Float32Array>): LearnState | null {
  const found = half.read();
  const losses = found?.[LOSSES]?.data;
  if (!found || !losses) return null;
  const of = (prefix: string) =>
    Array.from(weights, ([name, { length }]) => {
      const data = found[prefix + name]?.data;
      return data?.length === length ? data : null;
    });
  const [values, means, squares] = [of(''), of(MEAN), of(SQUARE)];
  const isWhole = (all: readonly (Float32Array | null)[]): all is Float32Array[] => !all.includes(null);
  if (!isWhole(values) || !isWhole(means) || !isWhole(squares)) return null;
  for (const [i, value] of [...weights.values()].entries()) value.set(values[i]!);
  return { losses: [...losses], optimiser: { steps: losses.length, means, squares } };
}

/** The losses of the steps that were taken, and what a network is fed. */
export function tunedIn(tuned: TunedWeights): {
  readonly losses: readonly number[];
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Of the weights: what was stopped early is another network. */
  readonly digest: string;
} {
  const weights = new Map(
    Object.entries(tuned).flatMap(([name, { data }]) => (name === LOSSES ? [] : [[name, data] as const])),
  );
  const digests = Array.from(weights, ([name, data]) => [name, digestOf(data)]);
  return {
    losses: [...(tuned[LOSSES]?.data ?? [])],
    weights,
    digest: keyOf('tuned', VERSION, { digests }),
  };
}
