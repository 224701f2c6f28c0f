/** The engine process: wires everything and answers calls. Started by the app or the command line, never by hand. */
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { contract, type EngineContract } from '../../common/contract/contract.ts';
import type { Events } from '../../common/contract/events.ts';
import { AppError, errorLine } from '../../common/errors.ts';
import { parseRate } from '../../common/time/rational.ts';
import { ArtefactStore } from './artefacts/store.ts';
import { lazily } from './calls/calls.ts';
import { createDesktop, type Desktop } from './calls/handlers.ts';
import { JobPlugins } from './calls/job-plugins.ts';
import { pluginKitHandlers } from './calls/plugin-kit.ts';
import { afterPlugins, mindingProjects, pluginHandlers } from './calls/plugins.ts';
import { dataDirectory, prepareDataDirectory } from './data-paths.ts';
import { farmContributor } from './farm/drivers/of-plugins.ts';
import { runTask, type TaskParts } from './farm/run-task.ts';
import { timelineContributor } from './interchange/of-plugins.ts';
import { probeClip } from './media/probe.ts';
import { rememberingProbe } from './media/remembering-probe.ts';
import { methods, paramsSchema, solversOf } from './methods/registry.ts';
import { networksOfPlugins } from './models/contributed.ts';
import { rememberingFacts } from './models/facts.ts';
import { formatBundleReport } from './models/format.ts';
import { inspectBundle } from './models/inspect.ts';
import { chooseProvider, keepTimings, probeProviders } from './onnx/provider.ts';
import { Timings } from './onnx/timings.ts';
import { methodContributor } from './plugin-methods/contributor.ts';
import { type InstalledPlugin, requireSame } from './plugins/installed.ts';
import { PluginLogs } from './plugins/log.ts';
import { OFFERED } from './plugins/offered.ts';
import { Plugins } from './plugins/plugins.ts';
import { pluginProcess } from './plugins/process/plugin-process.ts';
import { RunningPlugins } from './plugins/running.ts';
import { openScriptPlugin } from './plugins/script/script-plugin.ts';
import { checkJob } from './queue/check.ts';
import { createPlanner } from './queue/plan.ts';
import { openJobStore } from './queue/store.ts';
import { Supervisor, type SupervisorParts } from './queue/supervisor.ts';
import { completeSettings, readModelSettings } from './recipe/model-settings.ts';
import { mayLeadBack } from './recipe/null-text.ts';
import type { Handlers } from './serve.ts';
import { parentTransport, serveAll } from './transport.ts';
import { startWatchdog } from './watchdog/watchdog.ts';

const DEFAULT_CACHE_BYTES = 8e9;

/** Opened when first asked for, so that `retake probe` needs no database. */
const once = <T>(make: () => T): (() => T) => {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

startWatchdog();
keepTimings(once(() => new Timings(paths().timings)));
// Nobody may read any more what is said here; that is no reason to lose a render.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
const transport = parentTransport();
const warn = (message: string) => emit({ kind: 'warning', job: null, message });
const paths = once(() => prepareDataDirectory());
const cache = once(() => new ArtefactStore(paths().cache, { limitBytes: cacheLimit(), onWarning: warn }));
const store = once(() => openJobStore(paths().queue, { dir: paths().jobs, onWarning: warn }));
const remembered = once(() => remembering());
const probe = once(() => rememberingProbe());
const supervisor = once(
  () => new Supervisor({ ...remembered(), probe: probe(), dir: paths().jobs, emit: (event) => emit(event) }),
);
const planner = once(() => {
  const { cache, store } = remembered();
  const facts = rememberingFacts(cache?.digests);
  return createPlanner({
    cache,
    store,
    probe: probe(),
    facts,
    dir: paths().jobs,
    isBusy: () => supervisor().isBusy,
  });
});
const logs = once(() => new PluginLogs(join(dataDirectory(), 'plugin-logs')));
const running = once(
  () =>
    new RunningPlugins({
      tiers: {
        process: (plugin, onCrash) =>
          pluginProcess(plugin, {
            offered: OFFERED,
            onCrash: ({ message }) => onCrash(message),
            log: logs().of(plugin.facts.id),
          }),
        script: (plugin, onCrash) => openScriptPlugin(plugin, { onCrash, log: logs().of(plugin.facts.id) }),
      },
      disable: async (id, why) => {
        warn(`${id}: ${why}`);
        await plugins().disable(id, why);
      },
    }),
);
const plugins = once(() => {
  const dir = join(dataDirectory(), 'plugins');
  return new Plugins({
    dir,
    contributors: [
      running(),
      networksOfPlugins<InstalledPlugin>(dir, requireSame),
      methodContributor((id) => running().handle(id)),
      timelineContributor((id) => running().handle(id)),
      farmContributor((id) => running().handle(id)),
    ],
    onChange: () => emit({ kind: 'plugins' }),
  });
});
let desk: Desktop | null = null;
const desktop = (): Desktop => {
  desk ??= createDesktop({
    ...remembered(),
    probe: probe(),
    paths: paths(),
    supervisor: supervisor(),
    plugins: plugins(),
    emit: (event) => emit(event),
  });
  return desk;
};

/** On a full disk an edit is still worth rendering. */
function remembering(): Pick<SupervisorParts, 'store' | 'cache'> {
  try {
    return { store: store(), cache: cache() };
  } catch (error) {
    // SQLite's log cannot even be opened there, which it calls an I/O error.
    const full = error instanceof AppError && (error.code === 'disk-full' || roomLeft(paths().dir) < 2 ** 20);
    if (!full) throw error;
    warn(`${errorLine(error)} Until then nothing is cached and no edit can be resumed.`);
    return { store: null, cache: null };
  }
}

/** Bytes that may still be written to the disk of a folder. */
function roomLeft(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

const handlers: Handlers<EngineContract> = {
  ...lazily(() => desktop().handlers),
  'job.run': async (asked, signal) => supervisor().run(await completeSettings(asked), signal),
  'job.check': async (asked) =>
    checkJob(await completeSettings(asked), {
      ...{
        plan: planner(),
        probe: probe(),
        supervisor: supervisor(),
        remembers: remembered().store !== null,
      },
    }),
  'job.resume': ({ id }, signal) => supervisor().resume(id, signal),
  'job.cancel': async ({ id }) => {
    supervisor().cancel(id);
    return null;
  },
  'job.enough': async ({ id }) => {
    await supervisor().enough(id);
    return null;
  },
  'job.saveLora': (asked) => supervisor().saveLora(asked),
  'job.list': async () => supervisor().list(),
  'job.remove': async ({ id }) => {
    await supervisor().remove(id);
    return null;
  },
  'clip.probe': ({ path, rate }, signal) =>
    probeClip(path, { signal, rate: (rate && parseRate(rate)) || undefined }),
  'bundle.inspect': async ({ dir }, signal) => {
    const report = await inspectBundle(dir, { digestStore: cache().digests, signal });
    const settings = await readModelSettings(dir);
    const { provider: used, tried } = await chooseProvider('auto', { width: report.width, signal });
    const runsOn = { used, tried };
    return { text: formatBundleReport(report, settings, runsOn), report: { ...report, settings, runsOn } };
  },
  'methods.list': async () =>
    methods.list.map((method) => ({
      id: method.id,
      label: method.label,
      ...(method.term !== undefined && { term: method.term }),
      summary: method.summary,
      params: paramsSchema(method),
      severalAnchors: method.severalAnchors ?? false,
      ...(method.makesFrames && { makesFrames: true }),
      ...(method.learns && { learns: true }),
      ...(method.steers && { steers: true }),
      ...(mayLeadBack(method) && { leadsBack: true }),
      ...(method.plugin && {
        plugin: { id: method.plugin.id, name: method.plugin.name, version: method.plugin.version },
      }),
      solvers: solversOf(method).map(({ id, label }) => ({ id, label })),
    })),
  'providers.list': async (asked) => probeProviders({ again: asked?.again ?? false }),
  ...pluginHandlers(plugins, logs),
  ...pluginKitHandlers(),
  'farm.runTask': async (asked, signal) => {
    const lent = new JobPlugins(plugins(), () => ({}));
    const parts: TaskParts = {
      lend: (settings) => lent.lend({ settings, desk: null }),
      installed: () => plugins().list(),
      onNews: (news) => emit({ kind: 'farm-task', ...news }),
    };
    return runTask(asked, parts, stoppedWith(signal));
  },
  'cache.ls': async () => cache().ls(),
  'cache.stat': async () => cache().stat(),
  'cache.prune': async (request, signal) => cache().prune(request, signal),
  'cache.verify': async (_nothing, signal) => cache().verify(signal),
};

const started = once(() => plugins().start());
const emit: (event: Events) => void = serveAll(transport, {
  contract,
  handlers: afterPlugins(mindingProjects(handlers, plugins), started),
});

// Whoever started the engine is gone: what is computed is kept, the rest can be resumed. A network call may take minutes.
transport.onClose(() => {
  setTimeout(() => process.exit(0), 3000).unref();
  void Promise.resolve(desk?.stop())
    .then(() => supervisor().stop())
    .then(() => running().stop())
    .finally(() => process.exit(0));
});

/** Schedulers tell every process of a task to stop, not the first alone. */
function stoppedWith(signal: AbortSignal | undefined): AbortSignal {
  const told = new AbortController();
  process.on('SIGTERM', () => told.abort());
  return signal ? AbortSignal.any([signal, told.signal]) : told.signal;
}

function cacheLimit(): number {
  const text = process.env.RETAKE_CACHE_MB;
  if (text === undefined) return DEFAULT_CACHE_BYTES;
  const megabytes = Number(text);
  if (Number.isFinite(megabytes) && megabytes > 0) return megabytes * 1e6;
  throw new AppError('usage', `RETAKE_CACHE_MB is "${text}"`, {
    doing: 'opening the cache',
    hint: 'Give a number of megabytes.',
  });
}
