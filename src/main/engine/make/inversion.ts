/** A frame's inverted noise, and how well it leads back. */
import { assert } from '../../../common/errors.ts';
import { SETTINGS } from '../../../common/settings/settings.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { type Denoise, denoiseOf } from '../diffusion/denoiser.ts';
import { sampleFrame } from '../diffusion/sample.ts';
import { askedBy } from '../diffusion/solvers/solver.ts';
import type { Latent } from '../diffusion/types.ts';
import { psnr8 } from '../metrics/psnr.ts';
import type { PromptReading } from '../models/prompt/reader.ts';
import type { Check, Derived, Making } from './derived.ts';
import { dimsOf, encoderOf, type FrameOf, namesOf, type ShotOf } from './shot.ts';
import type { Calls } from './tally.ts';
import { keyOfReading, readingOf } from './text.ts';

/** Raise when the inversion computes other numbers from the same input: every older latent is then computed anew. */
const VERSION = 1;

/** How settings are called in keys since before they had groups. Never changed: those keys are out there. */
const NAMES: Readonly<Record<string, string>> = {
  'prompts.source': 'sourcePrompt',
  'sampling.steps': 'steps',
  'sampling.solver': 'solver',
  'sampling.schedule': 'schedule',
  'inversion.mode': 'inversion',
  'inversion.refinement': 'refinement',
};

export interface InversionOf {
  readonly frame: FrameOf;
  readonly clean: Derived<Tensor>;
  /** Its depth; null where the network takes none, 'unknown' where that has yet to be made. */
  readonly structure: { readonly digest: string; readonly map: Float32Array | undefined } | 'unknown' | null;
  /** What an inpainting network is told of it; null for others. */
  readonly surroundings: Derived<Tensor> | null;
  /** Whether it is checked when it is made. */
  readonly checked: boolean;
}

/** What inverting a frame costs. */
export function inversionCalls(shot: ShotOf, checked: boolean): Calls {
  const { sampling, inversion } = shot.settings;
  return { invert: sampling.steps * (1 + inversion.refinement), ...(checked && { check: checkCalls(shot) }) };
}

/** What sampling a frame back costs. */
const checkCalls = ({ solver, schedule }: ShotOf) => askedBy(solver, schedule).levels.length;

/** @param trajectory where the way there is wanted too: the noise is its first latent, and costs nothing more */
export function inversionOf(
  shot: ShotOf,
  of: InversionOf,
  trajectory: Derived<Tensor> | null = null,
): Derived<Tensor> {
  const { invert, ...check } = inversionCalls(shot, of.checked);
  return {
    kind: kinds.inversion,
    frame: of.frame.index,
    key: inversionKey(shot, of),
    names: inversionNames(shot, of),
    calls: trajectory ? check : { invert, ...check },
    needs: [trajectory ?? of.clean, ...(trajectory && !of.checked ? [] : toldOf(of))],
    async make(making) {
      const told = trajectory && !of.checked ? undefined : await toldIn(of, making);
      const way = trajectory
        ? levelsOf(await making.have(trajectory))
        : await invertedWay(shot, of, told, making, true);
      const [noise, clean] = [way[0]!.slice(), way.at(-1)!];
      const value = { shape: dimsOf(shot.shape), data: noise };
      return of.checked
        ? { value, psnr: await reconstructionPsnr(shot, of, { clean, noise, told }, making) }
        : { value };
    },
  };
}

/** What the network is told beside the latent, where that has to be made first. */
export function toldOf({ surroundings }: InversionOf): readonly Derived<Tensor>[] {
  return surroundings ? [surroundings] : [];
}

/** What the network is told beside the latent; undefined for those that take it alone. */
export async function toldIn({ structure, surroundings }: InversionOf, { have }: Making): Promise<Told> {
  assert(structure !== 'unknown', 'depth is made before frames are inverted');
  assert(structure === null || structure.map, 'a network that takes depth is given it');
  return surroundings ? (await have(surroundings)).data : structure?.map;
}

type Told = Float32Array | undefined;

/**
 * A frame's latents on its way, as sampling meets them: the noise first, the clean one last; with `endsOnly` those two.
 * @throws Cancelled between two network calls; AppError not-finite naming step and frame
 */
export async function invertedWay(
  shot: ShotOf,
  of: InversionOf,
  told: Told,
  { have, signal, onCall }: Making,
  endsOnly = false,
): Promise<readonly Latent[]> {
  const { settings, schedule, solver } = shot;
  assert(solver.inversion, 'a solver that cannot invert was refused');
  const clean = (await have(of.clean)).data;
  const upwards: Latent[] = [];
  const noise = await solver.inversion.invert(sourceDenoise(shot, told), clean, schedule, {
    ...settings.inversion,
    frame: of.frame.index,
    signal,
    onCall: () => onCall('invert'),
    ...(!endsOnly && { onLevel: (_, latent) => upwards.push(latent) }),
  });
  return endsOnly ? [noise, clean] : upwards.reverse();
}

/** Views of each level's latent. */
export function levelsOf({ shape: [levels = 1], data }: Tensor): readonly Latent[] {
  const size = data.length / levels;
  return Array.from({ length: levels }, (_, level) => data.subarray(level * size, (level + 1) * size));
}

export function inversionNames(shot: ShotOf, { frame }: InversionOf): Derived<Tensor>['names'] {
  const { settings, solver, fit } = shot;
  const { steps } = settings.sampling;
  return namesOf(shot, `frame ${frame.index}`, {
    prompt: settings.prompts.source,
    settings: `${solver.id}, ${steps} steps, refinement ${settings.inversion.refinement}, ${fit.width}×${fit.height}`,
  });
}

/** For a kept inversion that was never checked. */
export function checkOf(shot: ShotOf, of: InversionOf, inversion: Derived<Tensor>): Check<Tensor> {
  return {
    of: inversion,
    calls: { check: checkCalls(shot) },
    needs: [of.clean, ...toldOf(of)],
    async measure({ data }, making) {
      const clean = (await making.have(of.clean)).data;
      const told = await toldIn(of, making);
      return reconstructionPsnr(shot, of, { clean, noise: data, told }, making);
    },
  };
}

/** Null while the frame's depth has yet to be made. */
export function inversionKey(
  shot: ShotOf,
  { frame: { pixels }, structure: depth, surroundings }: InversionOf,
): string | null {
  if (depth === 'unknown') return null;
  if (surroundings?.key === null) return null;
  const structure = depth?.digest ?? surroundings?.key ?? null;
  const { settings, fit, model, solver, scheduleId } = shot;
  const { id, modes } = solver.inversion!;
  const resolved = {
    ...settings,
    sampling: { ...settings.sampling, solver: id, schedule: scheduleId },
    inversion: { ...settings.inversion, mode: modes ? settings.inversion.mode : 'upper' },
  };
  const chosen = SETTINGS.valuesThatAffect(resolved, 'inversion');
  const { unet, textEncoder, tokenizer, scheduler } = model.digests;
  return keyOf('inversion', VERSION, {
    ...Object.fromEntries(chosen.map(([path, value]) => [NAMES[path] ?? path, value])),
    pixels,
    width: fit.width,
    height: fit.height,
    unet,
    ...encoderOf(shot),
    textEncoder,
    tokenizer,
    scheduler,
    structure,
    ...keyOfReading(sourceReading(shot)),
  });
}

/** By itself: what the prompts of the take look like changes no inversion. */
function sourceReading(shot: ShotOf): PromptReading {
  return readingOf(shot, shot.settings.prompts.source);
}

/** The network under the source prompt at guidance 1, nothing injected: what inversion and its check run. */
function sourceDenoise(shot: ShotOf, told: Told): Denoise {
  const { predict, text } = shot.networks();
  const source = text(sourceReading(shot));
  const { prediction } = shot.model.scheduler;
  const denoiser = { predict, prediction, form: shot.solver.form, branches: [source], guidance: 1 };
  return denoiseOf(denoiser, told);
}

/** Of pictures that are equal to the bit, whose PSNR is infinite: a number that JSON and the store can keep. */
export const EQUAL_PSNR = 99;

/** 8-bit PSNR in dB between the decoded latent and the decoded result of sampling its inversion back. */
async function reconstructionPsnr(
  shot: ShotOf,
  of: InversionOf,
  { clean, noise, told }: { readonly clean: Latent; readonly noise: Latent; readonly told: Told },
  { signal, onCall }: Making,
): Promise<number> {
  const { solver, schedule, shape } = shot;
  const { bundle } = shot.networks();
  const back = await sampleFrame(solver, sourceDenoise(shot, told), noise, schedule, {
    frame: of.frame.index,
    signal,
    onStep: () => onCall('check'),
  });
  const psnr = psnr8(await bundle.decode(clean, shape), await bundle.decode(back, shape));
  return Math.min(EQUAL_PSNR, psnr);
}
