/** A list that the engine keeps: asked for when it is first needed, once for all who show it, and anew of a fresh engine. */
import { useEffect } from 'react';
import { create, type StoreApi, type UseBoundStore } from 'zustand';
import type { Events } from '../../common/contract/events.ts';
import { onEngineEvent } from '../engine.ts';
import { tellError } from './notices.ts';
import { useEngineState } from './session.ts';

type List<Item> = readonly Item[];

export interface EngineList<Item> {
  /** Null until it is known. */
  readonly store: UseBoundStore<StoreApi<{ readonly list: List<Item> | null }>>;
  /** Asks anew. What a change has answered since then stays: it is newer. */
  refresh(): Promise<List<Item>>;
  /** Takes in what a call answers that changes the list. */
  take(answer: Promise<List<Item>>): Promise<List<Item>>;
  /** Asks once of each engine, told by how often one came up. */
  need(start: number): void;
}

export function engineList<Item>(ask: () => Promise<List<Item>>): EngineList<Item> {
  const store = create<{ readonly list: List<Item> | null }>(() => ({ list: null }));
  let changes = 0;
  let askedOf = 0;
  const refresh = async () => {
    const known = changes;
    const list = await ask();
    if (known === changes) store.setState({ list });
    return list;
  };
  return {
    store,
    refresh,
    async take(answer) {
      const list = await answer;
      changes += 1;
      store.setState({ list });
      return list;
    },
    need(start) {
      if (askedOf === start) return;
      askedOf = start;
      refresh().catch(tellError);
    },
  };
}

/** Asks anew when the engine says so; what nobody has asked for yet needs no refreshing. Returns what stops it. */
export function followEvent<Item>({ store, refresh }: EngineList<Item>, kind: Events['kind']): () => void {
  return onEngineEvent((event) => {
    if (event.kind === kind && store.getState().list !== null) void refresh().catch(() => {});
  });
}

export function useEngineList<Item>({ store, need }: EngineList<Item>): List<Item> | null {
  const { engine, starts } = useEngineState();
  useEffect(() => {
    if (engine === 'up') need(starts);
  }, [engine, starts, need]);
  return store((state) => state.list);
}
