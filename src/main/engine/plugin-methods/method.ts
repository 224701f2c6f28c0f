/** A method that a plugin contributes, as a method like any other. */
import { createHash } from 'node:crypto';
import { assert } from '../../../common/errors.ts';
import { frames1 } from '../../../common/plugins/frames-v1.ts';
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import { fullId } from '../../../common/plugins/ids.ts';
import { paramsCheck } from '../../../common/plugins/params.ts';
import {
  type PluginNeed,
  type PluginRun,
  type PluginShot,
  sampling1,
} from '../../../common/plugins/sampling-v1.ts';
import { suiteId } from '../../../common/plugins/suites.ts';
import { solvers } from '../diffusion/solvers/registry.ts';
import type { Need } from '../methods/have.ts';
import type { Method, MethodPlugin, PlannedShot } from '../methods/types.ts';
import { faultOfRuns, type MethodContribution } from './check-runs.ts';
import { Hooks, type Params, pluginFault } from './hooks.ts';
import { runsFrom } from './runs.ts';

/** Whoever waits for a plan waits for it. */
const DEADLINE_MS = 5000;
/** Shots whose runs are remembered: a plan is made at every key that is pressed. */
const REMEMBERED = 16;

export interface PluginMethodOf {
  readonly plugin: MethodPlugin;
  readonly contribution: MethodContribution;
  /** Of the plugin. */
  readonly suites: readonly string[];
  /** Starts it where it does not run. */
  readonly open: () => Promise<PluginHandle>;
  /** Of one call of a hook; long unless said. */
  readonly hookDeadlineMs?: number | undefined;
}

interface Resolved {
  readonly needs: readonly PluginNeed[];
  readonly shot?: { readonly key: string; readonly runs: readonly PluginRun[]; readonly digest: string };
}

/** @throws AppError plugin-failed where the manifest asks for what there is not */
export function pluginMethod(of: PluginMethodOf): Method<Params> {
  const { plugin, contribution, suites } = of;
  const { attention } = contribution;
  const given = checkManifest(of);
  const needsOf = remembering((params: Params) => JSON.stringify(params), askNeeds);
  const runsOf = remembering(keyOfShot, askRuns);

  async function askNeeds(params: Params, signal?: AbortSignal): Promise<readonly PluginNeed[]> {
    const options = { signal, deadlineMs: DEADLINE_MS };
    const needs = await (await of.open()).call(sampling1, 'needs', contribution.id, [params], options);
    if (needs.includes('pictures') && !suites.includes(suiteId(frames1)))
      throw fault(`needs pictures, and its manifest does not have the suite "${suiteId(frames1)}"`);
    return [...new Set(needs)];
  }

  async function askRuns(
    asked: { readonly params: Params; readonly shot: PluginShot },
    signal?: AbortSignal,
  ) {
    const { params, shot } = asked;
    const options = { signal, deadlineMs: DEADLINE_MS };
    const runs = await (await of.open()).call(sampling1, 'runs', contribution.id, [shot, params], options);
    const wrong = faultOfRuns(runs, { contribution, needs: await needsOf(params, signal), shot });
    if (wrong !== null) throw fault(`cannot be run: ${wrong}`);
    return { runs, digest: createHash('sha256').update(JSON.stringify(runs)).digest('hex') };
  }

  const fault = (what: string) => pluginFault(plugin, what, `planning ${contribution.label}`);
  const facts = {
    id: fullId(plugin.id, contribution.id),
    label: contribution.label,
    summary: contribution.summary,
    schema: paramsCheck(contribution.params),
    sites: attention === 'own' ? 'none' : 'all',
    joint: attention === 'joint',
    severalAnchors: contribution.severalAnchors ?? false,
    solvers: given,
  } as const;

  const method = (resolved: Resolved | null): Method<Params> => ({
    ...facts,
    plugin: { ...plugin, ...(resolved?.shot && { runs: resolved.shot.digest }) },
    picks: () => resolved?.needs.includes('seed') ?? true,
    needs() {
      assert(resolved, `${facts.id} was asked what it needs`);
      return resolved.needs.filter((need): need is PluginNeed & Need => need !== 'seed');
    },
    runs(shot, params) {
      const key = resolved?.shot && keyOfShot({ params, shot: told(shot, resolved.needs) });
      assert(resolved?.shot && key === resolved.shot.key, `${facts.id} was asked how this shot runs`);
      const { needs } = resolved;
      const { open, hookDeadlineMs: deadlineMs } = of;
      const hooks = new Hooks({ plugin, id: contribution.id, params, open, shot, needs, deadlineMs });
      return runsFrom(resolved.shot.runs, shot, hooks);
    },
    async resolve(params, planned, signal) {
      const needs = await needsOf(params, signal);
      if (!planned) return method({ needs });
      const asked = { params, shot: told(planned, needs) };
      return method({ needs, shot: { key: keyOfShot(asked), ...(await runsOf(asked, signal)) } });
    },
  });
  return method(null);
}

function keyOfShot({ params, shot }: { readonly params: Params; readonly shot: PluginShot }): string {
  return JSON.stringify([shot, params]);
}

/** What of a shot a plugin is told. */
function told(shot: PlannedShot, needs: readonly PluginNeed[]): PluginShot {
  const { frames, anchor, anchors, seed, structured, schedule, form } = shot;
  return {
    ...{ frames, anchor, anchors: [...anchors], structured, form },
    seed: needs.includes('seed') ? seed : null,
    levels: schedule.levels.map(({ timestep, alphaBar, sigma }) => ({ timestep, alphaBar, sigma })),
  };
}

/** Solvers that it runs with: those that ask the network once a step, for its steps are the network's. */
function checkManifest({ plugin, contribution, suites }: PluginMethodOf): readonly string[] {
  const fault = (what: string) => pluginFault(plugin, what, 'reading its manifest');
  const suite = suiteId(sampling1);
  if (!suites.includes(suite)) throw fault(`has methods, and does not name the suite "${suite}"`);
  const all = solvers.filter(({ asked }) => !asked).map(({ id }) => id);
  const none = contribution.solvers?.find((id) => !all.includes(id));
  if (none !== undefined)
    throw fault(`has a method for the solver "${none}"; methods of plugins run with ${all.join(', ')}`);
  return contribution.solvers ?? all;
}

/** The last answers by what was asked; what failed is asked again. */
function remembering<A, T>(
  keyOf: (asked: A) => string,
  ask: (asked: A, signal?: AbortSignal) => Promise<T>,
): (asked: A, signal?: AbortSignal) => Promise<T> {
  const known = new Map<string, T>();
  return async (asked, signal) => {
    const key = keyOf(asked);
    const found = known.get(key) ?? (await ask(asked, signal));
    // Asked again, it is the last to go.
    known.delete(key);
    known.set(key, found);
    for (const old of known.keys()) if (known.size > REMEMBERED) known.delete(old);
    return found;
  };
}
