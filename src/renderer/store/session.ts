/** Is there an engine, and does it answer. */
import { create } from 'zustand';
import type { EngineState } from '../../common/bridge.ts';

interface Session {
  /** absent: the page runs in a plain browser. */
  readonly engine: EngineState | 'absent';
  /** Why the engine went down, for the artist. */
  readonly why: string | null;
  /** How often one came up since the page was loaded. */
  readonly starts: number;
}

const useStore = create<Session>(() => ({ engine: 'starting', why: null, starts: 0 }));

export function useEngineState(): Session {
  return useStore();
}

export function setEngineState(engine: Session['engine'], why: string | null): void {
  useStore.setState(({ starts }) => ({ engine, why, starts: engine === 'up' ? starts + 1 : starts }));
}
