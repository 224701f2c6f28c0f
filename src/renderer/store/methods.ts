/** The editing methods that the engine has; asked once and again after the engine was started anew. */
import { useEffect } from 'react';
import { create } from 'zustand';
import type { MethodInfo } from '../../common/contract/machine.ts';
import { call } from '../engine.ts';
import { tellError } from './notices.ts';
import { useEngineState } from './session.ts';

const useStore = create<{ readonly methods: readonly MethodInfo[] | null }>(() => ({ methods: null }));

/** Null until they are known. */
export function useMethods(): readonly MethodInfo[] | null {
  const methods = useStore((state) => state.methods);
  const { engine } = useEngineState();
  useEffect(() => {
    if (engine !== 'up') return;
    call('methods.list', null).then((list) => useStore.setState({ methods: list }), tellError);
  }, [engine]);
  return methods;
}
