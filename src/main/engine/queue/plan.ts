/** What a render would do, in numbers: its recipe minus the store. No network runs, but for the first speed of a small one. */
import pLimit from 'p-limit';
import type { RenderPlan } from '../../../common/contract/queue.ts';
import { assert } from '../../../common/errors.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { shallowVisits, shareOfWork } from '../diffusion/reuse.ts';
import { visitsOf } from '../diffusion/run.ts';
import type { LatentShape } from '../diffusion/types.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { chooseAttention, withAttention } from '../models/attention.ts';
import { checkControlNet, rememberingControlNets } from '../models/controlnet.ts';
import type { ReadFacts } from '../models/facts.ts';
import { loraNotes } from '../models/loras/notes.ts';
import { digestsWithSession } from '../models/session-choice.ts';
import { TilesOfVae } from '../models/tiles/of-vae.ts';
import { chooseProvider } from '../onnx/provider.ts';
import {
  CONTROL_SHARE,
  controlCalls,
  controlNetsOf,
  estimatorsOf,
  idleControlNetsOf,
} from '../recipe/controls.ts';
import { forecast } from '../recipe/forecast.ts';
import { branchVisits, guidanceNotes } from '../recipe/guidance.ts';
import { guidesOf } from '../recipe/guides.ts';
import { Recipe } from '../recipe/recipe.ts';
import { resolveRequest, resolveShot, shapeOf } from '../recipe/request.ts';
import { reuseNotes } from '../recipe/reuse.ts';
import { branchPrompts, isSeeded, runsOf } from '../recipe/runs.ts';
import { segmentersOf } from '../recipe/segmenters.ts';
import { freeMemory } from '../render/capacity.ts';
import { attentionOf, checkMemory, memoryOf } from '../render/fitting.ts';
import { renderMemory } from '../render/memory.ts';
import { isSmall, timeCalls } from './first-speeds.ts';
import { guessSpeeds, type Machine, speedsOf } from './speeds.ts';
import type { JobStore } from './store.ts';

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
  const tried = new Map<string, Promise<void>>();
  const controlNet = rememberingControlNets();
  /** Once for each kind of render, and not beside one: it would slow both, and comes by itself then. */
  const timeFirst = async (settings: EditSettings, machine: Machine, branches: number): Promise<void> => {
    if (!store || isBusy() || !(await isSmall(settings.model.bundle))) return;
    const key = JSON.stringify([machine, settings.method.id, branches]);
    const known = tried.get(key);
    if (known) return known;
    const timing = timeCalls(settings, { cache, dir }).then((work) => {
      if (work) guessSpeeds(store, machine, settings.method.id, branches, work);
    });
    tried.set(key, timing);
    await timing;
  };
  const plan: Planner = async (settings) => {
    const request = resolveRequest(settings);
    const clip = await probe(settings.source.clip);
    const { bundle: path, prediction, embeddings, loras, memory: memoryUse } = settings.model;
    const asInFiles = await facts(path, { prediction, embeddings, loras });
    const { provider } = await chooseProvider(settings.model.provider, { width: asInFiles.width });
    const shape = shapeOf(settings, clip, asInFiles);
    const attention = await chooseAttention(settings.model.attention, { model: asInFiles, shape, provider });
    const digests = digestsWithSession(asInFiles, { provider, memory: memoryUse });
    const model = withAttention({ ...asInFiles, digests }, attention);
    const resolved = resolveShot({ settings, request, clip, model, provider });
    for (const path of [...controlNetsOf(settings), ...idleControlNetsOf(settings)])
      checkControlNet(await controlNet(path), model.sockets, model.name);
    const untried = { provider, untried: true, digestStore: cache?.digests };
    const sizeFor = model.depth?.sizeFor ?? null;
    const estimate = () => assert(false, 'a plan makes nothing') as never;
    const own = sizeFor && { sizeFor, digest: model.digests.depthEstimator!, estimate };
    await using estimators = await estimatorsOf(settings, own, untried);
    const guides = await guidesOf({ ...resolved, sizeFor, estimators }, probe);
    const { range, fit, needs, method } = resolved;
    await using segmenters = await segmentersOf(settings.guide.mask, settings.model.bundle, untried);
    const networks = () => assert(false, 'a plan makes nothing') as never;
    const shot = { ...resolved, networks };
    await using recipe = new Recipe({ shot, range, needs, ...guides, segmenters, store: cache });
    const { counts, reconstruction } = await forecast(recipe, cache);
    const frames = range.end - range.start;
    const { found: cachedFrames = 0, made: framesToInvert = 0 } = counts.kinds.inversion ?? {};
    const inversionCalls = counts.calls.invert + counts.calls.check;
    const runs = runsOf(resolved);
    const samplingCalls = visitsOf(runs);
    const samplingBranches = branchVisits(runs, settings, model);
    const shallowCalls = shallowVisits(runs, settings.sampling);
    const held = controlCalls(runs, guides.controls);

    /** Beside a running render nothing is refused: this one begins when that one has given its memory back. */
    const memoryNeeded = async () => {
      const { weights, foretell: foretellWhole } = await model.memory(
        { ...attentionOf(resolved), reuse: settings.sampling.reuse > 1, attention, memory: memoryUse },
        controlNetsOf(settings),
      );
      const tiles = new TilesOfVae({
        ...{ vaeTiles: settings.model.vaeTiles, provider, freeMemory: () => free },
        ...{ model, weights },
      });
      const foretell = (shape: LatentShape) => tiles.foretold(foretellWhole(shape), shape);
      const planned = { resolved, controls: guides.controls, watched: true, foretell };
      const needed = renderMemory(memoryOf(planned));
      if (!isBusy()) checkMemory(planned, needed, free);
      return needed.total;
    };

    const { unet, flowEstimator: flow } = model.digests;
    const machine = { model: unet, flow, width: fit.width, height: fit.height, provider };
    const branches = branchPrompts(settings, model).length;
    const free = freeMemory(provider);
    const memory = free === Number.POSITIVE_INFINITY ? null : await memoryNeeded();
    const known = () => store && speedsOf(store, machine, method.id, branches);
    if (!known()) await timeFirst(settings, machine, branches);
    const speeds = known();
    const again =
      speeds &&
      speeds.open +
        ((samplingBranches / branches) * shareOfWork(shallowCalls, samplingCalls) + CONTROL_SHARE * held) *
          speeds.sample +
        frames * speeds.encode;
    return {
      frames,
      width: fit.width,
      height: fit.height,
      cachedFrames,
      framesToInvert,
      inversionCalls,
      reconstruction,
      samplingCalls,
      samplingBranches,
      shallowCalls,
      controlCalls: held,
      derived: counts,
      notes: [
        ...loraNotes(model.loras),
        ...guidanceNotes(runs, settings, model),
        ...reuseNotes(runs, settings),
      ],
      memoryBytes: memory,
      estimatedSeconds: speeds && again! + counts.calls.flow * speeds.flow + inversionCalls * speeds.invert,
      againSeconds: again,
      seeded: isSeeded(resolved),
    };
  };
  // One after the other: the second of two equal questions finds what the first one read.
  const inTurn = pLimit(1);
  return (settings) => inTurn(() => plan(settings));
}
