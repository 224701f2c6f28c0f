/** First stage: everything that can be refused is refused here, before anything is computed. */
import { basename } from 'node:path';
import type { ClipInfo, Fit, FrameRange, Rational } from '../../../common/media.ts';
import { promptNotes } from '../../../common/prompt-notes.ts';
import type { ProviderTrial } from '../../../common/report.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { parseRate } from '../../../common/time/rational.ts';
import type { RenderContext } from '../context.ts';
import { type Capacity, checkCapacity } from '../diffusion/capacity.ts';
import { makeLevels } from '../diffusion/schedule.ts';
import type { Conditioning, LatentShape, NoiseSchedule, Predict } from '../diffusion/types.ts';
import { rehearseTake } from '../media/encode.ts';
import { probeClip } from '../media/probe.ts';
import { checkTarget } from '../media/target.ts';
import { openBundle } from '../models/open.ts';
import type { Bundle } from '../models/types.ts';
import { chooseProvider } from '../onnx/provider.ts';
import { reportPath } from '../report-file.ts';
import { capacityOf, freeMemory } from './capacity.ts';
import { rememberEstimate } from './estimated-depth.ts';
import { readModelSettings } from './model-settings.ts';
import { canvasOf, type ResolvedRequest, resolveRange, resolveRequest } from './request.ts';
import { latentShape, runsOf } from './runs.ts';
import { depthSource, type Structure, shotStructure } from './structure.ts';

/** One job with everything opened and checked. Disposed, its sessions are released. */
export interface Shot extends ResolvedRequest, AsyncDisposable {
  readonly settings: EditSettings;
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  /** Frames in the range. */
  readonly frames: number;
  /** Anchor within the range. */
  readonly anchor: number;
  readonly bundle: Bundle;
  readonly provider: { readonly used: string; readonly tried: readonly ProviderTrial[] };
  readonly fit: Fit;
  readonly shape: LatentShape;
  readonly schedule: NoiseSchedule;
  readonly predict: Predict;
  readonly conditions: {
    readonly source: Conditioning;
    readonly edit: Conditioning;
    readonly negative: Conditioning;
  };
  readonly structure: Structure;
  readonly depthSource: ReturnType<typeof depthSource>;
  /** Sampling branches: (negative, edit), the edit alone at guidance 1, or (source, edit) where parts are kept. */
  readonly branches: readonly Conditioning[];
  /** Frames that go through the network together. */
  readonly capacity: Capacity;
}

function rateOf({ rate }: EditSettings['source']): Rational | undefined {
  return rate === null ? undefined : (parseRate(rate) ?? undefined);
}

/** One frame to look at writes no take, so nothing is asked of its place. @throws AppError for every request that cannot be met, Cancelled */
export async function prepareShot(
  settings: EditSettings,
  context: RenderContext,
  makesTake = true,
): Promise<Shot> {
  const { signal, warn } = context;
  const request = resolveRequest(settings);
  const { method, solver, scheduleId } = request;
  const { path: out, format, alpha } = settings.output;
  const beside = [basename(reportPath(out))];
  if (makesTake) await checkTarget(out, settings.source.clip, format, beside);
  const clip = await probeClip(settings.source.clip, { signal, rate: rateOf(settings.source) });
  for (const warning of clip.warnings) warn(warning);
  const range = resolveRange(settings, clip);
  const { provider, tried } = await chooseProvider(settings.model.provider);

  for (const problem of (await readModelSettings(settings.model.bundle)).problems) warn(problem);
  const bundle = await openBundle(settings.model.bundle, {
    sites: method.sites,
    joint: method.joint ?? false,
    provider,
    digestStore: context.cache?.digests,
    signal,
  });
  try {
    const schedule = makeLevels(bundle.scheduler, settings.sampling.steps, {
      solver,
      schedule: scheduleId,
    });
    const fit = canvasOf(settings, clip, bundle);
    const take = { clip, range, fit, out, format, alpha, tag: context.job };
    const notes = makesTake ? await rehearseTake(take, signal) : [];
    for (const note of notes) warn(`the take differs from its clip: ${note}`);
    const shape = latentShape(fit, bundle);
    const predict = bundle.predict(shape);
    const { guidance } = settings.sampling;
    const { keep, depth } = settings.guide;
    const frames = range.end - range.start;
    const anchor = settings.guide.anchor - range.start;
    const runs = runsOf({ ...request, settings, frames, anchor, schedule, shape });
    const guided = guidance !== 1 || keep > 0;
    const free = context.freeMemory ?? freeMemory(provider);
    const capacity = capacityOf({ bundle, shape, branches: guided ? 2 : 1, runs, free });
    checkCapacity(runs, capacity);
    const embed = async (name: string, prompt: string) => {
      const { cut } = bundle.tokenize(prompt);
      if (cut !== null) warn(`the ${name} is longer than the model reads; this was cut: "${cut}"`);
      return bundle.embed(prompt, fit);
    };
    for (const note of promptNotes(settings)) warn(note);
    const conditions = {
      source: await embed('source prompt', settings.prompts.source),
      edit: await embed('prompt', settings.prompts.target),
      negative: await embed('negative prompt', settings.prompts.negative),
    };
    await bundle.release('textEncoder');
    const base = keep > 0 ? conditions.source : conditions.negative;
    const source = depthSource(bundle, depth);
    const structure = await shotStructure({
      bundle,
      clip,
      range,
      fit,
      depth,
      signal,
      onEstimated() {
        // Beside inversion and sampling it is nothing: it is counted, but takes no share of the bar.
        context.progress.plan('open', range.end - range.start);
        context.progress.advance(1);
      },
    });
    if (source === 'estimator') {
      const estimator = bundle.digests.depthEstimator!;
      rememberEstimate({ estimator, provider, clip, fit, range }, structure!);
      await bundle.release('depthEstimator');
    }
    // It takes longest, and no frame's time shall hold it.
    await bundle.open('unet');
    return {
      settings,
      clip,
      range,
      frames,
      anchor,
      bundle,
      provider: { used: provider, tried },
      fit,
      shape,
      ...request,
      schedule,
      predict,
      conditions,
      structure,
      depthSource: source,
      branches: guided ? [base, conditions.edit] : [conditions.edit],
      capacity,
      [Symbol.asyncDispose]: () => bundle.close(),
    };
  } catch (error) {
    await bundle.close();
    throw error;
  }
}
