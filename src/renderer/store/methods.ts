/** The editing methods that the engine has. */
import type { MethodInfo } from '../../common/contract/machine.ts';
import type { Shot } from '../../common/project/document.ts';
import { call } from '../engine.ts';
import { engineList, followEvent, useEngineList } from './engine-list.ts';

const list = engineList<MethodInfo>(() => call('methods.list', null));

/** Plugins bring some and take them away; returns what stops it. */
export function followMethods(): () => void {
  return followEvent(list, 'plugins');
}

/** For what is drawn rather than rendered; null until they are known. */
export function getMethods(): readonly MethodInfo[] | null {
  return list.store.getState().list;
}

export function onMethods(changed: () => void): () => void {
  return list.store.subscribe(changed);
}

/** Whether a shot's method follows all of its anchors, or its lead anchor alone; null where that is not known. */
export function followsSeveral(
  { settings }: Pick<Shot, 'settings'>,
  methods: readonly MethodInfo[] | null,
): boolean | null {
  return methods?.find(({ id }) => id === settings.method.id)?.severalAnchors ?? null;
}

/** Null until they are known. */
export function useMethods(): readonly MethodInfo[] | null {
  return useEngineList(list);
}
