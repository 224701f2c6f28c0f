/** Answers what is asked of plugins. */
import type { EngineContract } from '../../../common/contract/contract.ts';
import { AppError } from '../../../common/errors.ts';
import type { Plugins } from '../plugins/plugins.ts';
import { isPlugin } from '../plugins/recognise.ts';
import type { Handlers } from '../serve.ts';

type PluginCall = Extract<keyof EngineContract, `plugins.${string}`>;

export function pluginHandlers(plugins: () => Plugins): Pick<Handlers<EngineContract>, PluginCall> {
  const refuse = async () => {
    throw new AppError('usage', 'plugins are listed only, in this version', { doing: 'managing plugins' });
  };
  return {
    'plugins.list': () => plugins().list(),
    'plugins.recognise': async ({ path }) => ({ is: await isPlugin(path) }),
    'plugins.look': refuse,
    'plugins.install': refuse,
    'plugins.enable': refuse,
    'plugins.remove': refuse,
    'plugins.develop': refuse,
    'plugins.reload': refuse,
  };
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
