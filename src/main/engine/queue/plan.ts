/** What a render would do, in numbers: its recipe minus the store. No network runs for it; what time it takes may be measured behind it. */
import pLimit from 'p-limit';
import type { RenderPlan } from '../../../common/contract/queue.ts';
import { AppError, Cancelled } from '../../../common/errors.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { LatentShape } from '../diffusion/types.ts';
import { callsOfRuns, RECORDED_UNITS, shareOfWork } from '../diffusion/work.ts';
import { learningUnits } from '../make/tuned.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { rememberingControlNets } from '../models/controlnet.ts';
import type { ReadFacts } from '../models/facts.ts';
import { loraNotes } from '../models/loras/notes.ts';
import { TilesOfVae } from '../models/tiles/of-vae.ts';
import { CONTROL_SHARE, controlCalls, controlNetsOf } from '../recipe/controls.ts';
import { forecast } from '../recipe/forecast.ts';
import { branchVisits, guidanceNotes } from '../recipe/guidance.ts';
import { nullTextBytes, nullTextNotes } from '../recipe/null-text-notes.ts';
import type { ResolvedShot } from '../recipe/request.ts';
import { reuseNotes } from '../recipe/reuse.ts';
import { branchPrompts, isSeeded } from '../recipe/runs.ts';
import { steeringNotes } from '../recipe/steering.ts';
import { freeMemory } from '../render/capacity.ts';
import { attentionOf, checkMemory, memoryOf } from '../render/fitting.ts';
import { renderMemory } from '../render/memory.ts';
import { isSmall, timeCalls } from './first-speeds.ts';
import { planRecipe } from './plan-recipe.ts';
import { guessSpeeds, type Machine, speedsNearby, speedsOf } from './speeds.ts';
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
  /** Speeds that a plan had to do without have been measured meanwhile. */
  readonly onMeasured?: () => void;
}

/**
 * Given a signal, some calls of the model are timed first where its speed is not known, whatever that takes.
 * @throws AppError for every request that cannot be met, usage for one to measure while something renders; Cancelled
 */
export type Planner = (settings: EditSettings, measuring?: AbortSignal) => Promise<RenderPlan>;

export function createPlanner(parts: PlannerParts): Planner {
  const { cache, store, probe, facts, dir, isBusy, onMeasured } = parts;
  const tried = new Set<string>();
  const recipeParts = {
    cache,
    probe,
    facts,
    controlNet: rememberingControlNets(),
    digestStore: cache?.digests,
  };
  const time = async (of: Timed, signal?: AbortSignal): Promise<void> => {
    const { settings, machine, branches } = of;
    const work = await timeCalls(settings, { cache, probe, dir, isBusy, ...(signal && { signal }) });
    if (store) guessSpeeds(store, machine, settings.method.id, branches, work);
  };
  /** In the background, once for each kind of render, and not beside one: it would slow both, and comes by itself then. */
  const timeFirst = (of: Timed): void => {
    const key = JSON.stringify([of.machine, of.settings.method.id, of.branches]);
    if (tried.has(key)) return;
    tried.add(key);
    time(of).then(
      () => onMeasured?.(),
      (error: unknown) => {
        // Given up for a render, it is tried again; what cannot be met its render will tell.
        if (error instanceof Cancelled) tried.delete(key);
      },
    );
  };
  /** What of a request time depends on. */
  const timedOf = (settings: EditSettings, resolved: ResolvedShot): Timed => {
    const { model, fit, provider } = resolved;
    const { unet, flowEstimator: flow } = model.digests;
    return {
      settings,
      machine: { model: unet!, flow, width: fit.width, height: fit.height, provider },
      branches: branchPrompts(settings, model).length,
    };
  };
  const plan: Planner = async (settings, measuring) => {
    await using planned = await planRecipe(settings, recipeParts);
    const { recipe, resolved, runs, guides, gradients, attention, model, provider } = planned;
    const { range, frames, fit, needs, method } = resolved;
    const { memory: memoryUse } = settings.model;
    const { counts, reconstruction } = await forecast(recipe, cache);
    const { found: cachedFrames = 0, made: framesToInvert = 0 } = counts.kinds.inversion ?? {};
    const inversionCalls = counts.calls.invert + counts.calls.check;
    const { learning } = planned;
    const learnt = learning ? counts.calls.learn * learningUnits(learning, range.end - range.start) : 0;
    const analysed =
      inversionCalls + learnt + counts.calls.nullText + RECORDED_UNITS * counts.calls.nullTextBack;
    const calls = callsOfRuns(runs, settings.sampling);
    const samplingBranches = branchVisits(runs, settings, model);
    const held = controlCalls(runs, guides.controls);

    /** Beside a running render nothing is refused: this one begins when that one has given its memory back. */
    const memoryNeeded = async () => {
      const { weights, foretell: foretellWhole } = await model.memory(
        {
          ...{ ...attentionOf(resolved), reuse: settings.sampling.reuse > 1, attention, memory: memoryUse },
          ...(learning && { learnt: { rank: learning.rank } }),
          gradients: gradients.length > 0,
          steers: needs.includes('likeness'),
        },
        controlNetsOf(settings),
      );
      const tiles = new TilesOfVae({
        ...{ vaeTiles: settings.model.vaeTiles, provider, freeMemory: () => free },
        ...{ model, weights },
      });
      const foretell = (shape: LatentShape) => tiles.foretold(foretellWhole(shape), shape);
      const wanted = {
        ...{ resolved, controls: guides.controls, watched: true, foretell },
        learnt: range.end - range.start,
        steering: planned.steering,
      };
      const needed = renderMemory(memoryOf(wanted));
      if (!isBusy()) checkMemory(wanted, needed, free);
      return needed.total;
    };

    const timed = timedOf(settings, resolved);
    const { machine, branches } = timed;
    const free = freeMemory(provider);
    const memory = free === Number.POSITIVE_INFINITY ? null : await memoryNeeded();
    const known = () => store && speedsOf(store, machine, method.id, branches);
    if (measuring && !known()) await time(timed, measuring);
    const measured = known();
    const speeds = measured ?? (store && speedsNearby(store, machine, method.id, branches));
    const speed = measured ? 'known' : await whenKnown(settings.model.bundle);
    if (speed === 'coming') timeFirst(timed);
    const again =
      speeds &&
      speeds.open +
        ((samplingBranches / branches) * shareOfWork(calls) + CONTROL_SHARE * held) * speeds.sample +
        frames * speeds.encode;
    return {
      frames,
      width: fit.width,
      height: fit.height,
      cachedFrames,
      framesToInvert,
      inversionCalls,
      reconstruction,
      samplingCalls: calls.all,
      samplingBranches,
      shallowCalls: calls.shallow,
      recordedCalls: calls.recorded,
      controlCalls: held,
      derived: counts,
      notes: [
        ...loraNotes(model.loras),
        ...guidanceNotes(runs, settings, model),
        ...reuseNotes(runs, settings),
        ...steeringNotes(needs, settings),
        ...nullTextNotes(counts.calls, nullTextBytes(resolved), settings),
      ],
      memoryBytes: memory,
      speed,
      estimatedSeconds: speeds && again! + counts.calls.flow * speeds.flow + analysed * speeds.invert,
      againSeconds: again,
      seeded: isSeeded(resolved),
    };
  };
  /** A plan waits for no network: a small one is timed behind it, a large one when the artist asks. */
  const whenKnown = async (bundle: string): Promise<RenderPlan['speed']> => {
    if (!store || isBusy()) return 'later';
    return (await isSmall(bundle)) ? 'coming' : 'on-asking';
  };
  // One after the other: the second of two equal questions finds what the first one read.
  const inTurn = pLimit(1);
  return async (settings, measuring) => {
    if (!measuring) return inTurn(() => plan(settings));
    if (isBusy()) {
      throw new AppError('usage', 'something renders just now', {
        doing: 'measuring the speed',
        hint: 'Its speed is known when it has ended.',
      });
    }
    return plan(settings, measuring);
  };
}

/** What is timed, and by what it is remembered. */
interface Timed {
  readonly settings: EditSettings;
  readonly machine: Machine;
  readonly branches: number;
}
