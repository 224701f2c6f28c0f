/** What a render would do, found by hashing frames; no network runs, but for the first speed of a small one. */
import type { RenderPlan } from '../../../common/contract/queue.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { digestOf } from '../artefacts/keys.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { visitsOf } from '../diffusion/run.ts';
import { makeLevels } from '../diffusion/schedule.ts';
import { decodeFrames } from '../media/decode.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { wantsInversion } from '../methods/have.ts';
import type { ReadFacts } from '../models/facts.ts';
import { chooseProvider } from '../onnx/provider.ts';
import { branchesOf, guessSpeeds, type Machine, speedsOf, type Work } from '../queue/speeds.ts';
import type { JobStore } from '../queue/store.ts';
import { rememberedEstimate } from '../stages/estimated-depth.ts';
import { frameKey } from '../stages/inversion-key.ts';
import { canvasOf, resolveRange, resolveRequest } from '../stages/request.ts';
import { latentShape, runsOf } from '../stages/runs.ts';
import { depthSource, type StructureRequest, shotStructure } from '../stages/structure.ts';
import { isSmall, timeCalls } from './first-speeds.ts';

export interface PlannerParts {
  readonly cache: ArtefactStore | null;
  readonly store: JobStore | null;
  readonly probe: Probe;
  readonly facts: ReadFacts;
  /** A folder of our own. */
  readonly dir: string;
  /** Whether something renders just now. */
  readonly isBusy: () => boolean;
}

export type Planner = (settings: EditSettings) => Promise<RenderPlan>;

/** @throws AppError for every request that cannot be met */
export function createPlanner({ cache, store, probe, facts, dir, isBusy }: PlannerParts): Planner {
  const digests = new PixelDigests();
  const tried = new Map<string, Promise<Work | null>>();
  /** Once for each kind of render, and not beside one: it would slow both, and comes by itself then. */
  const firstSpeeds = async (settings: EditSettings, machine: Machine): Promise<Work | null> => {
    if (!store || isBusy() || !(await isSmall(settings.model.bundle))) return null;
    const branches = branchesOf(settings);
    const key = JSON.stringify([machine, settings.method.id, branches]);
    const known = tried.get(key);
    if (known) return known;
    const timing = timeCalls(settings, { cache, dir });
    tried.set(key, timing);
    const work = await timing;
    if (work) guessSpeeds(store, machine, settings.method.id, branches, work);
    return work;
  };
  return async (settings) => {
    const request = resolveRequest(settings);
    const { method, needs, solver, scheduleId } = request;
    const clip = await probe(settings.source.clip);
    const range = resolveRange(settings, clip);
    const bundle = await facts(settings.model.bundle);
    const fit = canvasOf(settings, clip, bundle);
    const source = depthSource(bundle, settings.guide.depth);
    const { provider } = await chooseProvider(settings.model.provider);
    const frames = range.end - range.start;
    const inverting = wantsInversion(needs);

    let cachedFrames = 0;
    let anchorCached = false;
    let reconstruction: number | null = null;
    if (inverting) {
      const { depth } = settings.guide;
      const shot = { clip, fit, range };
      const depths =
        source === 'estimator'
          ? rememberedEstimate({ ...shot, estimator: bundle.depth!, provider })
          : source === 'clip'
            ? await clipDepths({ ...shot, bundle: { ...bundle, depth: null }, depth })
            : [];
      const pixels = await digests.of(clip, fit, range);
      const of = { settings, fit, digests: bundle.digests, solver, scheduleId, provider };
      const keys = pixels.map((digest, i) => frameKey(of, digest, depths?.[i] ?? null));
      // Before its depth is known a frame counts as not inverted.
      const stored = (depths !== null && cache?.has(keys)) || new Set();
      cachedFrames = keys.filter((key) => stored.has(key)).length;
      reconstruction = (depths !== null && cache?.worstPsnr(keys)) || null;
      anchorCached = stored.has(keys[settings.guide.anchor - range.start]!);
    }
    const framesToInvert = inverting ? frames - cachedFrames : 0;
    const { steps } = settings.sampling;
    const perFrame = steps * (1 + settings.inversion.refinement);
    // The anchor's inversion is checked by sampling it back once, and so is a cached one of a shot never checked.
    const checkCalls = inverting && (!anchorCached || reconstruction === null) ? steps : 0;
    const inversionCalls = framesToInvert * perFrame + checkCalls;
    const schedule = makeLevels(bundle.scheduler, steps, { solver, schedule: scheduleId });
    const anchor = settings.guide.anchor - range.start;
    const samplingCalls = visitsOf(
      runsOf({ ...request, settings, frames, anchor, schedule, shape: latentShape(fit, bundle) }),
    );

    const machine = { model: bundle.digests.unet, width: fit.width, height: fit.height, provider };
    const branches = branchesOf(settings);
    const speeds =
      store && (speedsOf(store, machine, method.id, branches) ?? (await firstSpeeds(settings, machine)));
    return {
      frames,
      width: fit.width,
      height: fit.height,
      cachedFrames,
      framesToInvert,
      inversionCalls,
      reconstruction,
      samplingCalls,
      estimatedSeconds:
        speeds &&
        speeds.open + inversionCalls * speeds.invert + samplingCalls * speeds.sample + frames * speeds.encode,
    };
  };
}

async function clipDepths(request: Omit<StructureRequest, 'signal'>): Promise<string[]> {
  const { signal } = new AbortController();
  const structure = await shotStructure({ ...request, signal });
  const { start, end } = request.range;
  return Array.from({ length: end - start }, (_, i) => digestOf(structure!(i)));
}

const MOST_CLIPS = 50;

/** Digests of frames at canvas size, remembered: typing a prompt must not decode the shot at every letter. */
class PixelDigests {
  readonly #known = new Map<string, Map<number, string>>();
  #turn: Promise<unknown> = Promise.resolve();

  /** Of the frames of the range, in order. */
  of(clip: ClipInfo, fit: Fit, range: FrameRange): Promise<string[]> {
    // One after the other: the second of two equal questions finds the first one's answer.
    const mine = this.#turn.then(() => this.#read(clip, fit, range));
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #read(clip: ClipInfo, fit: Fit, range: FrameRange): Promise<string[]> {
    const key = JSON.stringify([clip, fit]);
    const known = this.#known.get(key) ?? new Map<number, string>();
    if (this.#known.size >= MOST_CLIPS) this.#known.clear();
    this.#known.set(key, known);
    const indices = Array.from({ length: range.end - range.start }, (_, i) => range.start + i);
    const missing = indices.filter((index) => !known.has(index));
    if (missing.length > 0) {
      const part = { start: missing[0]!, end: missing.at(-1)! + 1 };
      for await (const { index, rgb } of decodeFrames(clip, { range: part, fit }))
        known.set(index, digestOf(rgb));
    }
    return indices.map((index) => known.get(index)!);
  }
}
