/** Answers those who write plugins. */
import type { EngineContract } from '../../../common/contract/contract.ts';
import { createPlugin } from '../plugin-kit/create.ts';
import { openInTier } from '../plugin-kit/open-in-tier.ts';
import { packPlugin } from '../plugin-kit/pack.ts';
import { testPlugin } from '../plugin-kit/test-plugin.ts';
import type { Handlers } from '../serve.ts';

type KitCall = Extract<keyof EngineContract, `kit.${string}`>;

export function pluginKitHandlers(): Pick<Handlers<EngineContract>, KitCall> {
  return {
    'kit.create': (wanted) => createPlugin(wanted),
    'kit.test': (asked, signal) =>
      testPlugin(asked, (plugin, log) => openInTier(plugin, log), signal ?? new AbortController().signal),
    'kit.pack': ({ path }) => packPlugin(path),
  };
}
