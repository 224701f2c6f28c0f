/** Answers what is asked of plugins. */
import type { EngineContract } from '../../../common/contract/contract.ts';
import type { PluginLogs } from '../plugins/log.ts';
import { panelsOf } from '../plugins/panels.ts';
import type { Plugins } from '../plugins/plugins.ts';
import { isPlugin } from '../plugins/recognise.ts';
import type { Handlers } from '../serve.ts';

type PluginCall = Extract<keyof EngineContract, `plugins.${string}` | `panels.${string}`>;

export function pluginHandlers(
  plugins: () => Plugins,
  logs: () => PluginLogs,
): Pick<Handlers<EngineContract>, PluginCall> {
  const listed = async (change: Promise<void>) => {
    await change;
    return plugins().list();
  };
  return {
    'plugins.list': () => plugins().list(),
    'panels.list': async () => panelsOf(await plugins().list()),
    'plugins.recognise': async ({ path }) => ({ is: await isPlugin(path) }),
    'plugins.look': ({ path }, signal) => plugins().look(path, signal),
    'plugins.install': ({ path, consent }, signal) => listed(plugins().install(path, consent, signal)),
    'plugins.enable': ({ id, on }) => listed(plugins().enable(id, on)),
    'plugins.remove': ({ id }) =>
      listed(
        plugins()
          .remove(id)
          .then(() => logs().forget(id)),
      ),
    'plugins.develop': ({ path, on }) => listed(plugins().develop(path, on)),
    'plugins.log': async ({ id }) => ({ text: await logs().read(id) }),
    'plugins.reload': ({ id }) => listed(plugins().reload(id)),
  };
}

/** The same; the project that is opened, saved or exported says what it has on for itself. */
export function mindingProjects<H extends object>(handlers: H, plugins: () => Pick<Plugins, 'runFor'>): H {
  const note = async (said: unknown) => {
    const document = (said as { document?: { plugins?: Record<string, boolean> } } | null)?.document;
    if (document?.plugins) await plugins().runFor(document.plugins);
  };
  const entries = Object.entries(handlers).map(([name, handler]) => [
    name,
    async (...asked: unknown[]) => {
      await note(asked[0]);
      const answer = await handler(...asked);
      await note(answer);
      return answer;
    },
  ]);
  return Object.fromEntries(entries) as H;
}

/** The same, each answered once plugins have contributed: none of them knows half of what there is. */
export function afterPlugins<H extends object>(handlers: H, ready: () => Promise<void>): H {
  const entries = Object.entries(handlers).map(([name, handler]) => [
    name,
    async (...asked: unknown[]) => {
      await ready();
      return handler(...asked);
    },
  ]);
  return Object.fromEntries(entries) as H;
}
