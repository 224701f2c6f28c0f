/** First step: everything that can be refused is refused here, before anything is computed. No network is opened. */
import { basename } from 'node:path';
import { promptNotes } from '../../../common/prompt-notes.ts';
import type { ProviderTrial } from '../../../common/report.ts';
import { settingWord } from '../../../common/settings/setting-word.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { parseRate } from '../../../common/time/rational.ts';
import { type Capacity, checkCapacity } from '../diffusion/capacity.ts';
import { lcm } from '../diffusion/solvers/lcm.ts';
import type { Conditioning, Predict, RecordCall } from '../diffusion/types.ts';
import type { ShotOf } from '../make/shot.ts';
import { readingOf } from '../make/text.ts';
import { rehearseTake } from '../media/encode.ts';
import { asExtended } from '../media/extended.ts';
import { checkTarget } from '../media/target.ts';
import { attentionFor } from '../methods/registry.ts';
import { chooseAttention } from '../models/attention.ts';
import { loraNotes } from '../models/loras/notes.ts';
import { openBundle } from '../models/open.ts';
import type { PromptReading } from '../models/prompt/reader.ts';
import { readUnetWidth } from '../models/read-layout.ts';
import type { Bundle } from '../models/types.ts';
import { chooseProvider, type ProviderChoice } from '../onnx/provider.ts';
import {
  controlNetsOf,
  controlNotes,
  type Estimators,
  estimatorsOf,
  idleControlNetsOf,
} from '../recipe/controls.ts';
import { touchedBy } from '../recipe/extension.ts';
import { gradientsOf } from '../recipe/gradients.ts';
import { guidanceNotes } from '../recipe/guidance.ts';
import { guidesOf } from '../recipe/guides.ts';
import type { Inpainted } from '../recipe/inpainting.ts';
import { matteNotes } from '../recipe/mattes.ts';
import { readModelSettings } from '../recipe/model-settings.ts';
import { holdPluginsOf } from '../recipe/plugins-used.ts';
import { Recipe } from '../recipe/recipe.ts';
import {
  anchorsOf,
  type DepthOf,
  type ResolvedShot,
  resolveRange,
  resolveRequest,
  resolveShot,
  shapeOf,
} from '../recipe/request.ts';
import { reuseNotes } from '../recipe/reuse.ts';
import { runsOf } from '../recipe/runs.ts';
import { type Segmenters, segmentersOf } from '../recipe/segmenters.ts';
import { steeringNotes, steeringOf } from '../recipe/steering.ts';
import { reportPath } from '../report-file.ts';
import { capacityOf, freeMemory, unbounded } from './capacity.ts';
import { mergesTake } from './composite.ts';
import type { RenderContext } from './context.ts';
import { checkMemory, memoryOf } from './fitting.ts';
import { renderMemory } from './memory.ts';
import { checkSteering, openSteering, type Steering } from './steering.ts';

/** One job with everything checked. Disposed, its networks are released. */
export interface Shot extends ResolvedShot, AsyncDisposable {
  readonly networks: ShotOf['networks'];
  readonly bundle: Bundle;
  readonly predict: Predict;
  /** The same followed backwards, where the method needs it. */
  readonly record?: RecordCall;
  readonly tried: readonly ProviderTrial[];
  readonly depth: DepthOf;
  readonly inpainted: Inpainted;
  readonly recipe: Recipe;
  /** Of depth that ControlNets follow. */
  readonly estimators: Estimators;
  /** Of the mask, by part. */
  readonly segmenters: Segmenters;
  readonly steering: Steering;
  /** By the name of the reading, as they are made. */
  readonly conditions: Map<string, Conditioning>;
  /** Frames that go through the network together. */
  readonly capacity: Capacity;
}

/** One frame to look at writes no take, so nothing is asked of its place. @param whole the shot that it is of, which a network may learn @throws AppError for every request that cannot be met, Cancelled */
export async function prepareShot(
  settings: EditSettings,
  context: RenderContext,
  makesTake = true,
  whole: Pick<EditSettings, 'source' | 'guide' | 'method'> = settings,
): Promise<Shot> {
  const { signal, warn, cache } = context;
  // In the order in which it is opened; refused half way, all of it is given back.
  await using opened = new AsyncDisposableStack();
  if (!context.forPlan) opened.use(holdPluginsOf(settings, makesTake ? 'a render' : 'a preview'));
  const request = await resolveRequest(settings, signal);
  const steers = await steeringOf({ settings, needs: request.needs }, (path) => context.probe(path, signal));
  const { path: out, format, alpha } = settings.output;
  if (makesTake) await checkTarget(out, settings.source.clip, format, [basename(reportPath(out))]);
  const rate = (settings.source.rate !== null && parseRate(settings.source.rate)) || undefined;
  const clip = await context.probe(settings.source.clip, signal, { rate });
  for (const warning of clip.warnings) warn(warning);
  const { provider, tried, together } = await choose(settings, signal);
  for (const problem of (await readModelSettings(settings.model.bundle)).problems) warn(problem);
  const { method, params } = request;
  const learning = method.learns?.(params) ?? null;
  const gradients = gradientsOf(request);
  const { flow, interpolator } = settings.model;
  const opening = openBundle(settings.model.bundle, {
    prediction: settings.model.prediction,
    reuse: settings.sampling.reuse > 1,
    gradients,
    memory: settings.model.memory,
    ...attentionFor(method, params, anchorsOf(settings).length),
    provider,
    embeddings: settings.model.embeddings,
    controlNets: controlNetsOf(settings),
    idleControlNets: idleControlNetsOf(settings),
    digestStore: cache?.digests,
    signal,
    loras: settings.model.loras,
    steers: steers.imageText !== null,
    motion: { flow, interpolator },
    ...(learning && { learnt: { rank: learning.rank } }),
    attention: (model) =>
      chooseAttention(settings.model.attention, { model, shape: shapeOf(settings, clip, model), provider }),
    vaeTiles: settings.model.vaeTiles,
    freeMemory: () => context.freeMemory ?? freeMemory(provider),
  });
  const bundle = opened.adopt(await opening, (one) => one.close());
  for (const note of loraNotes(bundle.loras)) warn(note);
  const resolved = await resolveShot({ settings, request, clip, model: bundle, provider, signal });
  const { range, fit, shape, needs } = resolved;
  bundle.checkFollowed(shape);
  const merged = mergesTake(resolved);
  const { notes: extended, ...as } = asExtended({ clip, range, alpha }, resolved.extension, settings.extend);
  const take = { ...as, fit, out, format, merged, tag: context.job };
  const notes = makesTake ? await rehearseTake(take, signal) : [];
  for (const note of [...extended, ...notes]) warn(`the take differs from its clip: ${note}`);
  warnOfPrompts(settings, bundle, warn);
  warnOfGuidance(resolved, warn);
  const sizeFor = bundle.depth?.sizeFor ?? null;
  const digestStore = cache?.digests;
  const own = bundle.depth && { ...bundle.depth, digest: bundle.digests.depthEstimator! };
  const estimators = opened.use(await estimatorsOf(settings, own, { provider, digestStore, signal }));
  const guides = await guidesOf({ ...resolved, sizeFor, estimators }, (path) => context.probe(path, signal));
  const { mask } = settings.guide;
  for (const note of matteNotes(mask, guides.mattes)) warn(note);
  const predict = bundle.predict(shape, () => warn(LESS_AT_ONCE));
  const runs = runsOf(resolved);
  const free = context.freeMemory ?? freeMemory(provider);
  const watched = context.onGlimpse !== undefined;
  const learnt = resolveRange(whole, clip);
  const planned = {
    ...{ resolved, controls: guides.controls, watched, foretell: bundle.memory },
    learnt: learnt.end - learnt.start,
    steering: free === Number.POSITIVE_INFINITY ? 0 : await checkSteering(steers),
  };
  const memory = free === Number.POSITIVE_INFINITY ? null : memoryOf(planned);
  const capacity = memory ? capacityOf(memory, free, together) : unbounded(together);
  checkCapacity(runs, capacity);
  if (memory) checkMemory(planned, renderMemory(memory), free);
  await bundle.readyTiles(shape);
  for (const note of controlNotes(runs, guides.controls)) warn(note);
  for (const note of [
    ...guidanceNotes(runs, settings, bundle),
    ...reuseNotes(runs, settings),
    ...steeringNotes(needs, settings),
  ])
    warn(note);
  const conditions = new Map<string, Conditioning>();
  const text = ({ name }: PromptReading) => conditions.get(name)!;
  const learns = { learning, learnt };
  const record = () => bundle.record(shape);
  const networks = () => ({ bundle, predict, record, text });
  const shot = { ...resolved, networks };
  const segmenters = opened.use(
    await segmentersOf(mask, settings.model.bundle, { provider, digestStore, signal }),
  );
  const steering = opened.use(await openSteering({ guide: steers, shot: resolved, store: cache, signal }));
  const touched = resolved.extension && touchedBy(runs, resolved.extension);
  const recipe = opened.use(
    new Recipe({
      shot,
      range,
      needs,
      touched,
      ...guides,
      segmenters,
      ...learns,
      store: cache,
      signal,
    }),
  );
  const held = opened.move();
  return {
    ...shot,
    bundle,
    predict,
    ...(gradients.includes('latent') && { record: bundle.record(shape) }),
    tried,
    depth: guides.depth,
    inpainted: guides.inpainted,
    recipe,
    conditions,
    capacity,
    estimators,
    segmenters,
    steering,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const LESS_AT_ONCE =
  'the memory of the graphics card ran out, so less goes through the network at once; a smaller size is faster';

/** The processor wants no model to be looked into. */
async function choose({ model }: EditSettings, signal: AbortSignal): Promise<ProviderChoice> {
  if (model.provider === 'cpu') return chooseProvider('cpu');
  return chooseProvider(model.provider, { width: await readUnetWidth(model.bundle), signal });
}

/** Latent consistency models have the guidance of their training in them already. */
const MOST_LCM_GUIDANCE = 2;

function warnOfGuidance({ solver, model, settings }: ResolvedShot, warn: (line: string) => void): void {
  if (solver !== lcm || model.toldGuidance || settings.sampling.guidance <= MOST_LCM_GUIDANCE) return;
  warn(
    `LCM with ${settingWord('sampling.guidance')} above ${MOST_LCM_GUIDANCE} burns out the picture; set it to 1`,
  );
}

function warnOfPrompts(settings: EditSettings, model: Bundle, warn: (line: string) => void): void {
  const { source, target, negative } = settings.prompts;
  const named = [
    [settingWord('prompts.source'), source],
    [settingWord('prompts.target'), target],
    [settingWord('prompts.negative'), negative],
  ] as const;
  const used = new Set<number>();
  const known = model.embeddings.flatMap(({ names }) => names);
  for (const note of promptNotes(settings, known)) warn(note);
  if (model.toldGuidance && negative.trim() !== '' && settings.guide.keep === 0)
    warn(
      `${settingWord('prompts.negative')} is not read: this model was made for few steps and is told the strength`,
    );
  for (const [name, prompt] of named) {
    const { cut, embeddings } = readingOf({ settings, model }, prompt);
    for (const one of embeddings) used.add(one);
    if (cut !== null) warn(`${name} is longer than the model reads; this was cut: "${cut}"`);
  }
  for (const [i, { path, names }] of model.embeddings.entries()) {
    const words = names.map((name) => `"${name}"`).join(' or ');
    if (!used.has(i)) warn(`the embedding ${basename(path)} changes nothing: no prompt says ${words}`);
  }
}
