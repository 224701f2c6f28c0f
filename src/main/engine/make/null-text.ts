/**
 * The empty prompt of every step, tuned until guidance under the source prompt keeps to a frame's way to its noise (null-text inversion,
 * Mokady et al. 2022): one for each frame, or one for all of a shot. (steps, tokens, dim): 11.8 MB of Stable Diffusion's text in 50
 * steps, so that each is a file beside the store. A new prompt finds it again; given up or killed, it goes on at the step where it was.
 */
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { type NullTextState, type Pivot, tuneNullText } from '../diffusion/null-text.ts';
import { isWithin } from '../diffusion/share.ts';
import type { Latent } from '../diffusion/types.ts';
import { psnr8 } from '../metrics/psnr.ts';
import type { PromptReading } from '../models/prompt/reader.ts';
import type { Derived, Half, MakingOf } from './derived.ts';
import { keepingHalf } from './half.ts';
import { EQUAL_PSNR, type InversionOf, levelsOf, toldIn, toldOf } from './inversion.ts';
import { namesOf, type ShotOf } from './shot.ts';
import type { Calls } from './tally.ts';
import { keyOfReading } from './text.ts';

/** Raise when other texts come of the same. */
const VERSION = 1;
/** What is half made is kept so often, in milliseconds: as often as a checkpoint. */
const KEEP_MS = 10_000;

/** A frame that is kept to its way. */
export interface Led {
  readonly of: InversionOf;
  readonly trajectory: Derived<Tensor>;
}

export interface NullTextOf {
  /** One, or all that share the texts. */
  readonly led: readonly Led[];
  /** The prompt that the frames were inverted under, and the one that tuning begins with, of the same length. */
  readonly source: PromptReading;
  readonly empty: PromptReading;
  /** Steps of Adam in each step at most. 0 tunes nothing: it is there for the number. */
  readonly inner: number;
  /** The place of the frame whose picture is compared with its clip; null for none. */
  readonly checked: number | null;
}

/** @returns (steps, tokens, dim); with nothing tuned no steps. Its PSNR is that of the source prompt at full guidance */
export function nullTextOf(shot: ShotOf, of: NullTextOf): Derived<Tensor> {
  const { led, inner, checked } = of;
  const name = led.length === 1 ? `frame ${led[0]!.of.frame.index}` : `${led.length} frames`;
  return {
    kind: kinds['null-text'],
    ...(led.length === 1 && { frame: led[0]!.of.frame.index }),
    key: nullTextKey(shot, of),
    names: namesOf(shot, inner === 0 ? `${name}, not tuned` : name, {
      prompt: shot.settings.prompts.source,
      settings: `${shot.solver.id}, ${shot.settings.sampling.steps} steps, guidance ${shot.settings.sampling.guidance}`,
    }),
    calls: nullTextCalls(shot, led.length, inner),
    needs: led.flatMap((one) => [one.trajectory, ...toldOf(one.of)]),
    async make(making) {
      const tuned = await tunedBy(shot, of, making);
      const { tokens, dim } = tuned.text;
      const steps = inner === 0 ? 0 : tuned.texts.length;
      const data = new Float32Array(steps * tokens * dim);
      for (let step = 0; step < steps; step++) data.set(tuned.texts[step]!, step * tokens * dim);
      const value = { shape: [steps, tokens, dim], data };
      if (checked === null) return { value };
      const { bundle } = shot.networks();
      const [there, back] = [tuned.clips[checked]!, tuned.latents[checked]!];
      const psnr = psnr8(await bundle.decode(there, shot.shape), await bundle.decode(back, shot.shape));
      return { value, psnr: Math.min(EQUAL_PSNR, psnr) };
    },
  };
}

/** The most there can be: a step stops where it is near enough. */
export function nullTextCalls({ settings, schedule }: ShotOf, frames: number, inner: number): Calls {
  const { guidanceRange } = settings.sampling;
  const { levels } = schedule;
  const guided = levels.filter((_, step) => isWithin(guidanceRange, step, levels.length)).length;
  return { nullText: frames * (levels.length + guided), nullTextBack: frames * guided * inner };
}

function nullTextKey(shot: ShotOf, { led, source, empty, inner, checked }: NullTextOf): string | null {
  const ways = led.map(({ trajectory }) => trajectory.key);
  if (ways.includes(null)) return null;
  const { guidance, guidanceRange } = shot.settings.sampling;
  return keyOf('null-text', VERSION, {
    ...{ ways, guidance, guidanceRange, inner, solver: shot.solver.id },
    clip: bounds(shot),
    source: [source.prompt, keyOfReading(source)],
    empty: [empty.prompt, keyOfReading(empty)],
    // What is not tuned is its number alone.
    ...(inner === 0 && { checked }),
  });
}

/** Whether sampling bounds ẑ0. */
const bounds = ({ solver, model }: ShotOf) => solver.clips && model.scheduler.clipSample;

async function tunedBy(shot: ShotOf, { led, source, empty, inner }: NullTextOf, making: MakingOf<Tensor>) {
  const { settings, schedule, solver, model } = shot;
  const { predict, record, text } = shot.networks();
  const pivots: Pivot[] = [];
  for (const { of, trajectory } of led) {
    const way = levelsOf(await making.have(trajectory));
    pivots.push({ frame: of.frame.index, way, structure: await toldIn(of, making) });
  }
  const [conditional, unconditional] = [text(source), text(empty)];
  const sizes = {
    ...{ text: unconditional.hidden.length, latent: pivots[0]!.way[0]!.length },
    ...{ frames: pivots.length, remembers: solver.multistep },
  };
  const from = inner > 0 && making.half ? halfIn(making.half, sizes) : null;
  const keep = (state: NullTextState) => {
    if (inner > 0) making.half?.keep(packed(state));
  };
  const tuned = await keepingHalf({ every: KEEP_MS, keep }, (onStep) =>
    tuneNullText({
      ...{ predict, solver, schedule, conditional, unconditional, pivots, inner, onStep },
      // Opened by the first step that is tuned.
      record: (...asked) => record()(...asked),
      ...{ prediction: model.scheduler.prediction, clip: bounds(shot), signal: making.signal },
      ...{ guidance: settings.sampling.guidance, guidanceRange: settings.sampling.guidanceRange },
      ...(from && { from }),
      onCall: (back) => making.onCall(back ? 'nullTextBack' : 'nullText'),
    }),
  );
  return { ...tuned, text: unconditional, clips: pivots.map(({ way }) => way.at(-1)!) };
}

interface Sizes {
  /** Numbers of a text, and of a latent. */
  readonly text: number;
  readonly latent: number;
  readonly frames: number;
  /** Whether the solver remembers the ẑ0 of the step before. */
  readonly remembers: boolean;
}

/** Texts, then the latent of each frame, then what each remembers. */
function packed({ texts, latents, before }: NullTextState): Tensor {
  const parts = [...texts, ...latents, ...(before ?? [])];
  const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { shape: [data.length], data };
}

function halfIn(half: Half<Tensor>, { text, latent, frames, remembers }: Sizes): NullTextState | null {
  const data = half.read()?.data;
  const behind = frames * latent * (remembers ? 2 : 1);
  const steps = ((data?.length ?? 0) - behind) / text;
  if (!data || steps < 1 || !Number.isInteger(steps)) return null;
  const cut = (count: number, size: number, from: number): Latent[] =>
    Array.from({ length: count }, (_, i) => data.slice(from + i * size, from + (i + 1) * size));
  const texts = cut(steps, text, 0);
  return {
    ...{ texts, losses: texts.map(() => []), latents: cut(frames, latent, steps * text) },
    before: remembers ? cut(frames, latent, steps * text + frames * latent) : null,
  };
}
