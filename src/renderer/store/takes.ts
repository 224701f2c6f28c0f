/** How the takes of a shot are looked at: as a list or a grid, which of them, in which order, and which are chosen. */
import { create } from 'zustand';
import { useShallow } from 'zustand/react/shallow';

/** A number: rated so high or higher. */
export type TakeFilter = 'all' | 'shown' | 'unrated' | 1 | 2 | 3 | 4 | 5;
export type TakeOrder = 'newest' | 'oldest' | 'best';

interface TakesView {
  readonly as: 'list' | 'grid';
  readonly filter: TakeFilter;
  readonly order: TakeOrder;
  /** By id, in the order in which they were chosen. */
  readonly chosen: readonly string[];
  /** Those of the contact sheet, by id; the renders that will make them have the same. */
  readonly sheet: readonly string[];
}

const takesViewStore = create<TakesView>(() => ({
  as: 'list',
  filter: 'all',
  order: 'newest',
  chosen: [],
  sheet: [],
}));

export function useTakesView<Part>(select: (view: TakesView) => Part): Part {
  return takesViewStore(useShallow(select));
}

export function setTakesView(patch: Partial<TakesView>): void {
  takesViewStore.setState(patch);
}

export function getTakesView(): TakesView {
  return takesViewStore.getState();
}
