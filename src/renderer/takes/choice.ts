/** Which takes are listed, and in which order. Pure. */
import type { Take } from '../../common/project/document.ts';
import type { TakeFilter, TakeOrder } from '../store/takes.ts';

/** @param takes newest first */
export function listedTakes(
  takes: readonly Take[],
  { filter, order, shown }: { filter: TakeFilter; order: TakeOrder; shown: string | null },
): readonly Take[] {
  const fits = (take: Take) => {
    if (filter === 'all') return true;
    if (filter === 'shown') return take.id === shown;
    return filter === 'unrated' ? take.rating === 0 : take.rating >= filter;
  };
  const kept = takes.filter(fits);
  if (order === 'oldest') return kept.toReversed();
  // Of those rated alike the newest comes first: the sort is stable.
  return order === 'best' ? kept.toSorted((a, b) => b.rating - a.rating) : kept;
}
