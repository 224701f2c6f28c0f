/** The stretch that is played again and again. */
import { getPlaced, lengthOfPlaced } from './current.ts';
import { getView } from './view.ts';

/** Timeline frames [from, to): In to Out, else from the first to the last chosen shot, else all. */
export function getLoopRange(): { readonly from: number; readonly to: number } {
  const { inFrame, outFrame, selection } = getView();
  const placed = getPlaced();
  const length = lengthOfPlaced(placed);
  if (inFrame !== null || outFrame !== null) return { from: inFrame ?? 0, to: outFrame ?? length };
  const ids = new Set(selection);
  const chosen = placed.filter(({ item }) => ids.has(item.id));
  return { from: chosen[0]?.from ?? 0, to: chosen.at(-1)?.to ?? length };
}
