/** The editing methods that the engine has. */
import type { MethodInfo } from '../../common/contract/machine.ts';
import { call } from '../engine.ts';
import { engineList, useEngineList } from './engine-list.ts';

const list = engineList<MethodInfo>(() => call('methods.list', null));

/** Null until they are known. */
export function useMethods(): readonly MethodInfo[] | null {
  return useEngineList(list);
}
