/** What assistive technology says of the items of a timeline. */
import type { ProjectDocument, Shot } from '../../common/project/document.ts';
import { isShot, type Placed } from '../../common/project/positions.ts';
import { rateNote } from '../store/rates.ts';

/** One thing that can be taken in hand, in the order of time. */
export interface Entry {
  readonly key: string;
  readonly itemId: string;
  /** Clip frame of an anchor; null for a shot or gap itself. */
  readonly anchor: number | null;
  readonly placed: Placed;
}

/** Every shot and gap, each shot followed by its anchors. */
export function entriesOf(placed: readonly Placed[]): Entry[] {
  return placed.flatMap((one) => {
    const own: Entry = { key: one.item.id, itemId: one.item.id, anchor: null, placed: one };
    if (!isShot(one)) return [own];
    return [own, ...one.item.anchors.map((anchor) => ({ ...own, key: `${one.item.id} ${anchor}`, anchor }))];
  });
}

function seconds(frames: number, rate: number): string {
  const value = frames / rate;
  const text = value.toFixed(value < 9.95 ? 1 : 0);
  return `${text} ${text === '1.0' ? 'second' : 'seconds'}`;
}

/** "Shot 3, 2.4 seconds, anchor at frame 12, take 'snow' shown"; `rate` in frames per second. */
export function labelOfItem(document: ProjectDocument, placed: Placed, rate: number): string {
  const length = seconds(placed.to - placed.from, rate);
  if (!isShot(placed)) return `Gap, ${length}`;
  const { name, anchors, takeId } = placed.item;
  const frames = `${anchors.length === 1 ? 'anchor at frame' : 'anchors at frames'} ${anchors.join(', ')}`;
  const take = takeId === null ? undefined : document.takes[takeId];
  const mixed = rateNote(document, placed.item.clipId);
  return `${name}, ${length}, ${frames}, ${take ? `take '${take.name}' shown` : 'clip shown'}${mixed ? `, ${mixed}` : ''}`;
}

export function labelOfAnchor(shot: Shot, anchor: number): string {
  const lead = anchor === shot.leadAnchor && shot.anchors.length > 1 ? ', leads' : '';
  return `Anchor at frame ${anchor} of ${shot.name}${lead}`;
}
