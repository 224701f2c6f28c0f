/** A frame's inverted noise, and how well it leads back. */
import { assert } from '../../../common/errors.ts';
import { type EditSettings, SETTINGS } from '../../../common/settings/settings.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { type Denoise, denoiseOf } from '../diffusion/denoiser.ts';
import { sampleFrame } from '../diffusion/sample.ts';
import type { Latent } from '../diffusion/types.ts';
import { psnr8 } from '../metrics/psnr.ts';
import type { Check, Derived, Making } from './derived.ts';
import { dimsOf, type FrameOf, namesOf, type ShotOf } from './shot.ts';
import type { Calls } from './tally.ts';

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
  /** Whether it is checked when it is made. */
  readonly checked: boolean;
}

/** What inverting a frame costs. */
export function inversionCalls({ sampling, inversion }: EditSettings, checked: boolean): Calls {
  return { invert: sampling.steps * (1 + inversion.refinement), ...(checked && { check: sampling.steps }) };
}

export function inversionOf(shot: ShotOf, of: InversionOf): Derived<Tensor> {
  const { settings, schedule, solver, fit } = shot;
  const { inversion } = solver;
  assert(inversion, 'a solver that cannot invert was refused');
  const { index, pixels } = of.frame;
  const { steps } = settings.sampling;
  const { mode, refinement } = settings.inversion;
  const { structure, clean } = of;
  return {
    kind: kinds.inversion,
    frame: index,
    key: structure === 'unknown' ? null : inversionKey(shot, pixels, structure?.digest ?? null),
    names: namesOf(shot, `frame ${index}`, {
      prompt: settings.prompts.source,
      settings: `${solver.id}, ${steps} steps, refinement ${refinement}, ${fit.width}×${fit.height}`,
    }),
    calls: inversionCalls(settings, of.checked),
    needs: [clean],
    async make(making) {
      const { have, signal, onCall } = making;
      const from = (await have(clean)).data;
      const noise = await inversion.invert(sourceDenoise(shot, of), from, schedule, {
        mode,
        refinement,
        frame: index,
        signal,
        onCall: () => onCall('invert'),
      });
      const value = { shape: dimsOf(shot.shape), data: noise };
      return of.checked
        ? { value, psnr: await reconstructionPsnr(shot, of, { clean: from, noise }, making) }
        : { value };
    },
  };
}

/** For a kept inversion that was never checked. */
export function checkOf(shot: ShotOf, of: InversionOf, inversion: Derived<Tensor>): Check<Tensor> {
  return {
    of: inversion,
    calls: { check: shot.settings.sampling.steps },
    needs: [of.clean],
    async measure({ data }, making) {
      const clean = (await making.have(of.clean)).data;
      return reconstructionPsnr(shot, of, { clean, noise: data }, making);
    },
  };
}

function inversionKey(shot: ShotOf, pixels: string, structure: string | null): string {
  const { settings, fit, model, solver, scheduleId, provider } = shot;
  const { id, modes } = solver.inversion!;
  const resolved = {
    ...settings,
    sampling: { ...settings.sampling, solver: id, schedule: scheduleId },
    inversion: { ...settings.inversion, mode: modes ? settings.inversion.mode : 'upper' },
  };
  const chosen = SETTINGS.valuesThatAffect(resolved, 'inversion');
  const { unet, vaeEncoder, textEncoder, tokenizer, scheduler } = model.digests;
  return keyOf('inversion', VERSION, {
    ...Object.fromEntries(chosen.map(([path, value]) => [NAMES[path] ?? path, value])),
    pixels,
    width: fit.width,
    height: fit.height,
    unet,
    vaeEncoder,
    textEncoder,
    tokenizer,
    scheduler,
    structure,
    provider,
  });
}

/** The network under the source prompt at guidance 1, nothing injected: what inversion and its check run. */
function sourceDenoise(shot: ShotOf, { structure }: InversionOf): Denoise {
  assert(structure !== 'unknown', 'depth is made before frames are inverted');
  const { predict, source } = shot.networks();
  const { prediction } = shot.model.scheduler;
  const denoiser = { predict, prediction, form: shot.solver.form, branches: [source], guidance: 1 };
  assert(structure === null || structure.map, 'a network that takes depth is given it');
  return denoiseOf(denoiser, structure?.map);
}

/** Of pictures that are equal to the bit, whose PSNR is infinite: a number that JSON and the store can keep. */
const EQUAL_PSNR = 99;

/** 8-bit PSNR in dB between the decoded latent and the decoded result of sampling its inversion back. */
async function reconstructionPsnr(
  shot: ShotOf,
  of: InversionOf,
  { clean, noise }: { readonly clean: Latent; readonly noise: Latent },
  { signal, onCall }: Making,
): Promise<number> {
  const { solver, schedule, shape } = shot;
  const { bundle } = shot.networks();
  const back = await sampleFrame(solver, sourceDenoise(shot, of), noise, schedule, {
    frame: of.frame.index,
    signal,
    onStep: () => onCall('check'),
  });
  const psnr = psnr8(await bundle.decode(clean, shape), await bundle.decode(back, shape));
  return Math.min(EQUAL_PSNR, psnr);
}
