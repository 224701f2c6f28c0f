/** Second stage: the latents sampling starts from. Inverted frame by frame, from the cache wherever it knows the frame. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert, throwIfCancelled } from '../../../common/errors.ts';
import type { TakeReport } from '../../../common/report.ts';
import { digestOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { ArtefactNames } from '../artefacts/store.ts';
import type { RenderContext } from '../context.ts';
import { type Denoise, denoiseOf } from '../diffusion/denoiser.ts';
import { sampleFrame } from '../diffusion/sample.ts';
import type { Latent } from '../diffusion/types.ts';
import { decodeFrames } from '../media/decode.ts';
import { wantsInversion } from '../methods/have.ts';
import { psnr8 } from '../metrics/psnr.ts';
import { frameKey } from './inversion-key.ts';
import { poorInversion } from './inversion-quality.ts';
import type { Shot } from './prepare.ts';

export interface StartLatents {
  /** Per frame of the shot what the method needs: inverted noise, or the clean latent. */
  readonly latents: readonly Latent[];
  /** Digest of all that went in, so that a checkpoint of other frames or settings is recognised as foreign. */
  readonly fingerprint: string;
  readonly inversion: TakeReport['inversion'];
}

/** @throws Cancelled between two network calls; AppError not-finite naming step and frame */
export async function startLatents(shot: Shot, context: RenderContext): Promise<StartLatents> {
  const frames = decodeFrames(shot.clip, { range: shot.range, fit: shot.fit, signal: context.signal });
  const start = await (wantsInversion(shot.needs) ? inverted : encoded)(shot, frames, context);
  await shot.bundle.release('vaeEncoder');
  // Checking an inversion may have opened it.
  await shot.bundle.release('vaeDecoder');
  return start;
}

type Frames = AsyncIterable<{ readonly index: number; readonly rgb: Uint8Array }>;

async function inverted(shot: Shot, frames: Frames, context: RenderContext): Promise<StartLatents> {
  const { bundle, fit, settings } = shot;
  const { cache, progress } = context;
  const invert = inverter(shot, context);
  const identity = { ...shot, digests: bundle.digests, provider: shot.provider.used };
  const { steps } = settings.sampling;
  const { refinement } = settings.inversion;
  const { anchor: lead } = settings.guide;
  const callsPerFrame = steps * (1 + refinement);
  const latents: Latent[] = [];
  const fingerprint = createHash('sha256').update(bundle.digests.vaeDecoder);
  const quality: Quality[] = [];
  let computed = 0;
  let checkCalls = 0;
  let anchor = null as CachedAnchor | null;
  const callsBefore = bundle.calls.unet;

  const check = async (frame: Inverted): Promise<number> => {
    const before = bundle.calls.unet;
    const psnr = await reconstructionPsnr(shot, frame, context.signal);
    checkCalls += bundle.calls.unet - before;
    return psnr;
  };

  const { channels, height, width } = shot.shape;
  const store = (key: string, data: Latent, names: ArtefactNames) =>
    cache?.put(kinds.inversion, key, { shape: [channels, height, width], data }, names);

  let settled = 0;
  /** False where another engine computes the frame and there is no need to wait for it yet. */
  const settle = async (frame: Pending, wait: boolean): Promise<boolean> => {
    const { key, place, index, rgb, structure } = frame;
    for (;;) {
      const known = cache?.get(kinds.inversion, key);
      if (known) {
        latents[place] = known.value.data;
        settled++;
        if (known.meta.psnr !== null) quality.push({ psnr: known.meta.psnr, cached: true });
        if (index === lead)
          anchor = { key, noise: known.value.data, names: known.meta, rgb: rgb.slice(), structure };
        progress.plan('invert', (shot.frames - settled + computed) * callsPerFrame);
        return true;
      }
      if (!cache || cache.lease(key)) break;
      if (!wait) return false;
      await sleep(LEASE_POLL_MS, undefined, { signal: context.signal }).catch(() => {});
      throwIfCancelled(context.signal);
    }
    try {
      const clean = await bundle.encode(rgb, fit.width, fit.height);
      const latent = await invert(clean, index, structure, prolonged(cache, key));
      latents[place] = latent;
      settled++;
      computed++;
      let psnr: number | null = null;
      if (index === lead) {
        psnr = await check({ clean, noise: latent, structure });
        quality.push({ psnr, cached: false });
      }
      store(key, latent, {
        name: `frame ${index}`,
        psnr,
        clip: basename(settings.source.clip),
        bundle: bundle.name,
        prompt: settings.prompts.source,
        settings: `${shot.solver.id}, ${steps} steps, refinement ${refinement}, ${fit.width}×${fit.height}`,
      });
    } finally {
      cache?.release(key);
    }
    return true;
  };

  progress.enter('invert');
  const deferred: Pending[] = [];
  let place = 0;
  for await (const { index, rgb } of frames) {
    const structure = shot.structure?.(index - shot.range.start);
    const key = frameKey(identity, digestOf(rgb), structure ? digestOf(structure) : null);
    fingerprint.update(key);
    const frame = { key, place, index, rgb, structure };
    place++;
    if (await settle(frame, false)) continue;
    deferred.push({ ...frame, rgb: rgb.slice() });
    if (deferred.length > MOST_DEFERRED) await settle(deferred.shift()!, true);
  }
  for (const frame of deferred) await settle(frame, true);
  // Frames that led no render before were never checked: one number for the shot is owed.
  if (anchor && quality.length === 0) {
    const { key, noise, names, rgb, structure } = anchor;
    const clean = await bundle.encode(rgb, fit.width, fit.height);
    const psnr = await check({ clean, noise, structure });
    quality.push({ psnr, cached: false });
    store(key, noise, { ...names, psnr });
  }
  const reconstruction = summaryOf(quality);
  const poor = poorInversion(reconstruction, settings);
  if (poor) context.warn(poor);
  return {
    latents,
    fingerprint: fingerprint.digest('hex'),
    inversion: {
      frames: latents.length,
      fromCache: latents.length - computed,
      computed,
      unetCalls: bundle.calls.unet - callsBefore - checkCalls,
      reconstruction,
      checkUnetCalls: checkCalls,
    },
  };
}

/** A frame on its way to its place among the latents. */
interface Pending {
  readonly key: string;
  readonly place: number;
  readonly index: number;
  readonly rgb: Uint8Array;
  readonly structure: Float32Array | undefined;
}

/** Pictures held while other engines compute their latents; 0.8 MB each at 512². */
const MOST_DEFERRED = 16;
const LEASE_POLL_MS = 250;
const PROLONG_MS = 60_000;

/** Says now and then that the frame is still being worked on. */
function prolonged(cache: RenderContext['cache'], key: string): () => void {
  let said = performance.now();
  return () => {
    if (performance.now() - said < PROLONG_MS) return;
    said = performance.now();
    cache?.lease(key);
  };
}

interface Inverted {
  readonly clean: Latent;
  readonly noise: Latent;
  readonly structure?: Float32Array | undefined;
}

interface CachedAnchor {
  readonly key: string;
  readonly noise: Latent;
  readonly names: ArtefactNames;
  readonly rgb: Uint8Array;
  readonly structure: Float32Array | undefined;
}

/** One checked frame: dB, and whether the number came with a cached latent. */
interface Quality {
  readonly psnr: number;
  readonly cached: boolean;
}

function summaryOf(quality: readonly Quality[]): TakeReport['inversion']['reconstruction'] {
  if (quality.length === 0) return null;
  const psnrs = quality.map(({ psnr }) => psnr);
  return {
    frames: quality.length,
    fromCache: quality.filter(({ cached }) => cached).length,
    meanPsnr: psnrs.reduce((sum, value) => sum + value, 0) / psnrs.length,
    minPsnr: Math.min(...psnrs),
  };
}

async function encoded(shot: Shot, frames: Frames, context: RenderContext): Promise<StartLatents> {
  const { bundle, fit, range } = shot;
  const latents: Latent[] = [];
  const fingerprint = createHash('sha256').update(JSON.stringify(bundle.digests));
  context.progress.enter('invert');
  for await (const { index, rgb } of frames) {
    fingerprint.update(rgb);
    const structure = shot.structure?.(index - range.start);
    if (structure) fingerprint.update(structure);
    latents.push(await bundle.encode(rgb, fit.width, fit.height));
    context.progress.advance(1);
  }
  return {
    latents,
    fingerprint: fingerprint.digest('hex'),
    inversion: {
      frames: 0,
      fromCache: 0,
      computed: 0,
      unetCalls: 0,
      reconstruction: null,
      checkUnetCalls: 0,
    },
  };
}

/** The network under the source prompt at guidance 1, nothing injected: what inversion and its check run. */
function sourceDenoise(shot: Shot, structure?: Float32Array): Denoise {
  const denoiser = {
    predict: shot.predict,
    prediction: shot.bundle.scheduler.prediction,
    form: shot.solver.form,
    branches: [shot.conditions.source],
    guidance: 1,
  };
  return denoiseOf(denoiser, structure);
}

type Invert = (
  clean: Latent,
  frame: number,
  structure: Float32Array | undefined,
  onCall: () => void,
) => Promise<Latent>;

function inverter(shot: Shot, context: RenderContext): Invert {
  const { settings, schedule, solver } = shot;
  const { inversion } = solver;
  assert(inversion, 'a solver that cannot invert was refused');
  return (clean, frame, structure, onCall) =>
    inversion.invert(sourceDenoise(shot, structure), clean, schedule, {
      ...settings.inversion,
      frame,
      signal: context.signal,
      onCall: () => {
        context.progress.advance(1);
        onCall();
      },
    });
}

/** Of pictures that are equal to the bit, whose PSNR is infinite: a number that JSON and the cache can keep. */
const EQUAL_PSNR = 99;

/** 8-bit PSNR in dB between the decoded latent and the decoded result of sampling its inversion back. */
async function reconstructionPsnr(shot: Shot, frame: Inverted, signal: AbortSignal): Promise<number> {
  const { clean, noise, structure } = frame;
  const back = await sampleFrame(shot.solver, sourceDenoise(shot, structure), noise, shot.schedule, {
    frame: shot.settings.guide.anchor,
    signal,
  });
  const psnr = psnr8(await shot.bundle.decode(clean, shot.shape), await shot.bundle.decode(back, shot.shape));
  return Math.min(EQUAL_PSNR, psnr);
}
