/**
 * Second step: everything the runs need is found in the store, or made and kept there. Long, since each kind of thing is gathered in
 * its own shape, in the order in which networks are let go.
 */
import { createHash, type Hash } from 'node:crypto';
import type { DerivedCounts, TakeReport } from '../../../common/report.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { visitsOf } from '../diffusion/run.ts';
import type { Latent } from '../diffusion/types.ts';
import { callsOfRuns, shareOfWork } from '../diffusion/work.ts';
import type { Flow } from '../flow/flow.ts';
import type { Derived } from '../make/derived.ts';
import { levelsOf } from '../make/inversion.ts';
import { toLatentGrid } from '../make/latent-grid.ts';
import { Maker } from '../make/maker.ts';
import { confidenceIn } from '../make/mask.ts';
import type { Led } from '../make/null-text.ts';
import { learningUnits, tunedIn } from '../make/tuned.ts';
import { CONTROL_SHARE, controlCalls } from '../recipe/controls.ts';
import { branchVisits } from '../recipe/guidance.ts';
import { latentMotions, Motions } from '../recipe/motions.ts';
import { runsOf } from '../recipe/runs.ts';
import type { Structure } from '../recipe/structure.ts';
import { unsureFrames } from './brush-confidence.ts';
import type { RenderContext } from './context.ts';
import { type ControlPictures, makeControls } from './controls.ts';
import { poorInversion } from './inversion-quality.ts';
import { NullTexts } from './null-texts.ts';
import type { Shot } from './prepare.ts';

export interface Ingredients {
  readonly structure: Structure | null;
  /** None where no ControlNet does anything. */
  readonly controls: ControlPictures;
  /** One a frame of the shot; empty where the method does not need them. */
  readonly inverted: readonly Latent[];
  readonly clean: readonly Latent[];
  readonly trajectories: readonly (readonly Latent[])[];
  /** Null where empty prompts are as they are. */
  readonly nullText: NullTexts | null;
  /** What an inpainting network is told of each frame: 80 KB a frame at 512²; empty for others. */
  readonly surroundings: readonly Float32Array[];
  /** Null where the method does not need it. */
  readonly motions: Motions | null;
  /** Where each frame is edited, at latent size: 16 KB a frame at 512². Null where it is everywhere. */
  readonly masks: readonly Float32Array[] | null;
  /** How far each frame's brushes can be relied on, 0..1; null where none was painted. */
  readonly brushConfidence: readonly (number | null)[] | null;
  /** Digest of the keys of all frames, so that a checkpoint of others is recognised as foreign. */
  readonly fingerprint: string;
  readonly counts: DerivedCounts;
  /** Null where nothing is learnt. */
  readonly tuned: NonNullable<TakeReport['tuned']> | null;
  readonly inversion: TakeReport['inversion'];
}

interface DeriveOptions {
  /** Whether a kept inversion that was never checked is checked now; on by default. A look owes no number to a report. */
  readonly checked?: boolean;
}

/** @throws Cancelled between two network calls; AppError not-finite naming step and frame */
export async function derive(
  shot: Shot,
  context: RenderContext,
  { checked = true }: DeriveOptions = {},
): Promise<Ingredients> {
  const { recipe } = shot;
  const { progress, signal } = context;
  const maker = new Maker({
    store: context.cache,
    signal,
    onCall(work) {
      const units = work === 'estimate' || work === 'flow' ? 1 : recipe.unitsIn({ [work]: 1 });
      if (units > 0) progress.advance(units);
    },
    onLoss(learnt) {
      progress.advance(1, learnt);
      return context.isEnough?.() ?? false;
    },
  });
  progress.plan('invert', unitsOf(shot), 1);
  // In network calls: one with two branches costs about twice one with one.
  progress.plan('sample', visitsOf(runsOf(shot)), samplingWeight(shot));
  await makeConditions(shot, maker);
  const structure = await makeStructure(shot, maker, context);
  const fingerprint = createHash('sha256');
  const controls = await makeControls(shot, maker, context, fingerprint);
  const motions = await makeMotions(shot, maker, context, fingerprint);
  const masks = await makeMasks(shot, maker, context, fingerprint);
  const tuned = await makeTuned(shot, structure, maker, context, fingerprint);
  // Brushes are carried along the motion too, and without a cache it is estimated again for them.
  await shot.bundle.release('flowEstimator');
  // It takes longest, and no frame's time shall hold it.
  await shot.bundle.open('unet');
  progress.enter('invert');
  const frames = await makeFrames(shot, structure, maker, context, fingerprint, checked);
  await shot.bundle.release('vaeEncoder');
  // Without a cache painted masks are carried once more, for what is around them.
  await shot.bundle.release('flowEstimator');
  // Checking an inversion may have opened it.
  await shot.bundle.release('vaeDecoder');
  const { kinds, calls } = maker.tally.counts;
  const computed = kinds.inversion?.made ?? 0;
  const poor = poorInversion(frames.reconstruction, shot.settings);
  if (poor) context.warn(poor);
  return {
    ...frames,
    tuned,
    fingerprint: fingerprint.digest('hex'),
    structure,
    controls,
    motions,
    ...masks,
    counts: { kinds, calls },
    inversion: {
      frames: frames.inverted.length,
      fromCache: frames.inverted.length - computed,
      computed,
      unetCalls: calls.invert,
      reconstruction: frames.reconstruction,
      checkUnetCalls: calls.check,
      ...(frames.nullText && { nullText: frames.nullText.report }),
    },
  };
}

/** The prompts as the network reads them. */
export async function makeConditions({ recipe, conditions, bundle }: Shot, maker: Maker): Promise<void> {
  for (const [prompt, text] of recipe.texts) {
    conditions.set(prompt, (await maker.have(text)).value);
  }
  await bundle.release('textEncoder');
}

/** Null for networks that take none. */
export async function makeStructure(
  { recipe, bundle, range }: Shot,
  maker: Maker,
  { progress }: Pick<RenderContext, 'progress'>,
): Promise<Structure | null> {
  if (!recipe.takesDepth) return null;
  // Beside inversion and sampling it is nothing: it is counted, but takes no share of the bar.
  let left = range.end - range.start;
  progress.plan('open', left);
  const depths: Derived<Tensor>[] = [];
  const maps: Float32Array[] = [];
  await maker.each(recipe.depths(), ({ made, value }, depth) => {
    const place = depth.frame! - range.start;
    depths[place] = depth;
    maps[place] = value.data;
    // The maps of a depth clip are made without a call that could be counted.
    if (!made || !depth.calls.estimate) progress.plan('open', --left);
  });
  await bundle.release('depthEstimator');
  return recipe.structureOf(depths, maps);
}

/** Null where nothing asks for it. What was estimated is brought to the latent's size pair by pair, and not held otherwise. */
async function makeMotions(
  { recipe, needs, fit, model, shape, range, frames }: Shot,
  maker: Maker,
  { progress }: Pick<RenderContext, 'progress'>,
  fingerprint: Hash,
): Promise<Motions | null> {
  const { moving } = recipe;
  if (!moving) return null;
  const motions = new Motions(shape, frames);
  let left = recipe.ways;
  progress.plan('flow', left);
  progress.enter('flow');
  const keys: string[] = [];
  /** There, until the way back has come too; by the earlier frame. */
  const waiting = new Map<number, Map<number, Flow>>();
  await maker.each(recipe.flows(), ({ made, value }, { key, from, to }) => {
    if (!made) progress.plan('flow', --left);
    const first = Math.min(from, to);
    if (!needs.includes('flow') || first < range.start || first + 1 >= range.end) return;
    keys[2 * (first - range.start) + (from === first ? 0 : 1)] = key!;
    const pair = waiting.get(first) ?? new Map<number, Flow>();
    pair.set(from, { width: value.shape[2]!, height: value.shape[1]!, data: value.data });
    waiting.set(first, pair);
    const [there, back] = [pair.get(first), pair.get(first + 1)];
    if (!there || !back) return;
    waiting.delete(first);
    const place = first - range.start;
    const [forward, backward] = latentMotions(there, back, fit, model.factor);
    motions.set(place, place + 1, forward);
    motions.set(place + 1, place, backward);
  });
  if (!needs.includes('flow')) return null;
  fingerprint.update(keys.join());
  return motions;
}

/** Null where the edit is everywhere. */
async function makeMasks(
  { recipe, settings, fit, model, range }: Shot,
  maker: Maker,
  { cache, warn }: RenderContext,
  fingerprint: Hash,
): Promise<Pick<Ingredients, 'masks' | 'brushConfidence'>> {
  if (!settings.guide.mask) return { masks: null, brushConfidence: null };
  const keys: string[] = [];
  const masks: Float32Array[] = [];
  const confidence: (number | null)[] = [];
  const things = async function* () {
    for await (const { mask, brushes } of recipe.masks()) {
      yield mask;
      // What was kept is looked at; nothing is made for a number.
      const kept = brushes.flatMap(({ kind, key }) => cache?.get(kind, key!)?.value ?? []);
      confidence[mask.frame! - range.start] = kept.length === brushes.length ? confidenceIn(kept) : null;
    }
  };
  await maker.each(things(), ({ value: { shape, data } }, { key, frame }) => {
    const place = frame! - range.start;
    keys[place] = key!;
    const [height = 0, width = 0] = shape;
    masks[place] = toLatentGrid({ data, width, height }, fit, model.factor);
  });
  fingerprint.update(keys.join());
  const unsure = unsureFrames(confidence, range.start);
  if (unsure) warn(unsure);
  return { masks, brushConfidence: confidence.some((one) => one !== null) ? confidence : null };
}

/** The network learns the shot, or is given what it learnt before; null where it learns nothing. */
async function makeTuned(
  { recipe, bundle, frames, method, params }: Shot,
  structure: Structure | null,
  maker: Maker,
  { progress, warn }: RenderContext,
  fingerprint: Hash,
): Promise<Ingredients['tuned']> {
  const thing = await recipe.tuned(structure);
  const learning = method.learns?.(params);
  if (!thing || !learning) return null;
  progress.plan('learn', learning.steps, learningUnits(learning, frames));
  progress.enter('learn');
  const { value, made } = await maker.have(thing);
  const { losses, weights, digest } = tunedIn(value);
  progress.plan('learn', made ? losses.length : 0);
  await bundle.release('vaeEncoder');
  // That of learning goes, that of sampling comes.
  await bundle.release('unet');
  bundle.learnt!.use(weights);
  recipe.learnt(digest);
  fingerprint.update(digest);
  if (losses.length < learning.steps)
    warn(
      `learning was stopped after ${losses.length} of ${learning.steps} steps; what was learnt by then is kept`,
    );
  return { key: thing.key!, made, losses };
}

/** Of a visit, in network calls of one branch: the mean, where guidance rests in some steps. */
export function samplingWeight(shot: Shot): number {
  const runs = runsOf(shot);
  const visits = visitsOf(runs);
  const held = controlCalls(runs, shot.recipe.controls) / visits;
  const work = shareOfWork(callsOfRuns(runs, shot.settings.sampling));
  return (branchVisits(runs, shot.settings, shot.model) / visits) * (work + CONTROL_SHARE * held);
}

/** Of making every frame, in network calls. */
function unitsOf({ recipe, range }: Shot): number {
  const indices = Array.from({ length: range.end - range.start }, (_, i) => range.start + i);
  return indices.reduce((sum, index) => sum + recipe.unitsOf(index), 0);
}

async function makeFrames(
  shot: Shot,
  structure: Structure | null,
  maker: Maker,
  { progress }: RenderContext,
  fingerprint: Hash,
  checked: boolean,
): Promise<
  Pick<Ingredients, 'inverted' | 'clean' | 'trajectories' | 'surroundings'> & {
    reconstruction: Reconstruction;
    nullText: NullTexts | null;
  }
> {
  const { recipe, range } = shot;
  let units = unitsOf(shot);
  const inverted: Latent[] = [];
  const clean: Latent[] = [];
  const trajectories: (readonly Latent[])[] = [];
  const surroundings: Float32Array[] = [];
  const quality: { psnr: number; made: boolean }[] = [];
  const owed: { readonly units: number; psnr(): Promise<number> }[] = [];
  const texts = recipe.nullText && new NullTexts(recipe.nullText.shared);
  const ways: Led[] = [];
  // Everything wanted of a frame has the frame's place among its like.
  const things = async function* () {
    for await (const { index, wanted, check, inversion, untuned, led } of recipe.frames(structure)) {
      const place = index - range.start;
      if (led) ways.push(led);
      for (const thing of wanted) {
        fingerprint.update(thing.key!);
        yield { ...thing, place, check: thing === inversion ? check : null };
      }
      if (checked && untuned) yield { ...untuned, place: null, check: null };
    }
    const shared = recipe.sharedText(ways);
    if (!shared) return;
    fingerprint.update(shared.key!);
    yield { ...shared, place: 0, check: null };
  };
  await maker.each(things(), (had, thing) => {
    const { value, psnr, made } = had;
    const { place, kind } = thing;
    if (kind.id === 'null-text') texts!.add(place, had);
    else if (kind.id === 'trajectory') {
      // Not where texts alone are tuned on it.
      if (recipe.needsOf(range.start + place!).includes('trajectory')) trajectories[place!] = levelsOf(value);
    } else if (kind.id === 'surroundings') surroundings[place!] = value.data;
    else (kind.id === 'inversion' ? inverted : clean)[place!] = value.data;
    if (psnr !== null && kind.id === 'inversion') quality.push({ psnr, made });
    const { check } = thing;
    if (checked && check && !made)
      owed.push({ units: recipe.unitsIn(check.calls), psnr: () => maker.check(check, value) });
    // Steps of texts that were near enough stopped before the most.
    const calls = kind.id === 'null-text' ? texts!.spared(thing.calls, maker.tally) : thing.calls;
    if (!made || calls !== thing.calls) {
      units -= recipe.unitsIn(calls);
      progress.plan('invert', units);
    }
  });
  // Frames that led no render before were never checked: one number for the shot is owed.
  if (owed[0] && quality.length === 0) {
    progress.plan('invert', units + owed[0].units);
    quality.push({ psnr: await owed[0].psnr(), made: true });
  }
  return {
    ...{ inverted, clean, trajectories, surroundings, nullText: texts },
    reconstruction: summaryOf(quality),
  };
}

type Reconstruction = TakeReport['inversion']['reconstruction'];

function summaryOf(quality: readonly { readonly psnr: number; readonly made: boolean }[]): Reconstruction {
  if (quality.length === 0) return null;
  const psnrs = quality.map(({ psnr }) => psnr);
  return {
    frames: quality.length,
    fromCache: quality.filter(({ made }) => !made).length,
    meanPsnr: psnrs.reduce((sum, value) => sum + value, 0) / psnrs.length,
    minPsnr: Math.min(...psnrs),
  };
}
