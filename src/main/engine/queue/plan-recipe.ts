/** The recipe of a request as it will be made, with all that can be refused of it refused: no network is opened. */
import { assert } from '../../../common/errors.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Learning } from '../diffusion/learn.ts';
import type { DifferentiatedBy } from '../diffusion/types.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { chooseAttention, withAttention } from '../models/attention.ts';
import { checkControlNet, type ReadControlNetFacts } from '../models/controlnet.ts';
import type { ReadFacts } from '../models/facts.ts';
import { digestsWithSession } from '../models/session-choice.ts';
import type { ChosenAttention, DigestStore } from '../models/types.ts';
import type { Provider } from '../onnx/ort.ts';
import { chooseProvider } from '../onnx/provider.ts';
import { controlNetsOf, estimatorsOf, idleControlNetsOf } from '../recipe/controls.ts';
import { touchedBy } from '../recipe/extension.ts';
import { gradientsOf } from '../recipe/gradients.ts';
import { type Guides, guidesOf } from '../recipe/guides.ts';
import { Recipe } from '../recipe/recipe.ts';
import { type ResolvedShot, resolveRequest, resolveShot, shapeOf } from '../recipe/request.ts';
import { runsOf } from '../recipe/runs.ts';
import { segmentersOf } from '../recipe/segmenters.ts';
import { steeringOf } from '../recipe/steering.ts';
import { attentionOf } from '../render/fitting.ts';
import { checkSteering } from '../render/steering.ts';

export interface RecipeParts {
  readonly cache: ArtefactStore | null;
  readonly probe: Probe;
  readonly facts: ReadFacts;
  readonly controlNet: ReadControlNetFacts;
  /** Where digests of networks are remembered. */
  readonly digestStore: DigestStore | undefined;
  /** What will compute; chosen here, as a render here would, unless said. */
  readonly provider?: Provider | undefined;
}

type Model = Awaited<ReturnType<ReadFacts>>;

export interface PlannedRecipe extends AsyncDisposable {
  readonly recipe: Recipe;
  readonly resolved: ResolvedShot;
  readonly runs: ReturnType<typeof runsOf>;
  readonly guides: Guides;
  readonly gradients: readonly DifferentiatedBy[];
  readonly attention: ChosenAttention;
  readonly model: Model;
  readonly provider: Provider;
  readonly learning: Learning | null;
  /** Bytes of an image-text model that steers; 0 without one. */
  readonly steering: number;
}

/** @throws AppError for every request that cannot be met, but for what a machine's memory has to do with */
export async function planRecipe(settings: EditSettings, parts: RecipeParts): Promise<PlannedRecipe> {
  const { cache, probe, facts, controlNet, digestStore } = parts;
  const request = await resolveRequest(settings);
  const steers = await steeringOf({ settings, needs: request.needs }, probe);
  const clip = await probe(settings.source.clip);
  const { bundle: path, prediction, embeddings, loras, memory, flow, interpolator } = settings.model;
  const asInFiles = await facts(path, { prediction, embeddings, loras, motion: { flow, interpolator } });
  const width = { width: asInFiles.width };
  const provider = parts.provider ?? (await chooseProvider(settings.model.provider, width)).provider;
  const shape = shapeOf(settings, clip, asInFiles);
  const attention = await chooseAttention(settings.model.attention, { model: asInFiles, shape, provider });
  const digests = digestsWithSession(asInFiles, { provider, memory });
  const model = withAttention({ ...asInFiles, digests }, attention);
  const resolved = await resolveShot({ settings, request, clip, model, provider });
  for (const path of [...controlNetsOf(settings), ...idleControlNetsOf(settings)])
    checkControlNet(await controlNet(path), model.sockets, model.name);
  await using opened = new AsyncDisposableStack();
  const untried = { provider, untried: true, digestStore };
  const sizeFor = model.depth?.sizeFor ?? null;
  const none = () => assert(false, 'a plan makes nothing') as never;
  const own = sizeFor && { sizeFor, digest: model.digests.depthEstimator!, estimate: none };
  const estimators = opened.use(await estimatorsOf(settings, own, untried));
  const guides = await guidesOf({ ...resolved, sizeFor, estimators }, probe);
  const { range, needs, method } = resolved;
  const learning = method.learns?.(resolved.params) ?? null;
  const gradients = gradientsOf(request);
  model.checkFollowed(
    {
      ...attentionOf(resolved),
      learnt: learning && { rank: learning.rank },
      by: gradients,
      steers: steers.imageText !== null,
    },
    resolved.shape,
  );
  const steering = await checkSteering(steers);
  const segmenters = opened.use(await segmentersOf(settings.guide.mask, path, untried));
  const runs = runsOf(resolved);
  const touched = resolved.extension && touchedBy(runs, resolved.extension);
  const recipe = opened.use(
    new Recipe({
      shot: { ...resolved, networks: none },
      range,
      needs,
      touched,
      ...guides,
      segmenters,
      learning,
      learnt: range,
      store: cache,
    }),
  );
  const held = opened.move();
  return {
    ...{ recipe, resolved, runs, guides, gradients, attention, model, provider, learning, steering },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
