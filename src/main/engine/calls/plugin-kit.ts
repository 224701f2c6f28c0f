/** Answers those who write plugins. */
import type { EngineContract } from '../../../common/contract/contract.ts';
import { createPlugin } from '../plugin-kit/create.ts';
import { packPlugin } from '../plugin-kit/pack.ts';
import type { Handlers } from '../serve.ts';

type KitCall = Extract<keyof EngineContract, `kit.${string}`>;

export function pluginKitHandlers(): Pick<Handlers<EngineContract>, KitCall> {
  return {
    'kit.create': (wanted) => createPlugin(wanted),
    'kit.pack': ({ path }) => packPlugin(path),
  };
}
