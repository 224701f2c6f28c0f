/** What assistive technology says of the items of a timeline. */
import { coverageNote } from '../../common/project/coverage.ts';
import type { ProjectDocument, Shot } from '../../common/project/document.ts';
import { framesOf, keyFramesOf, partName } from '../../common/project/edits-mask.ts';
import { isShot, type Placed } from '../../common/project/positions.ts';
import { rateNote } from '../store/rates.ts';

/** One thing that can be taken in hand, in the order of time. */
export interface Entry {
  readonly key: string;
  readonly itemId: string;
  /** Clip frame of an anchor; null for a shot or gap itself. */
  readonly anchor: number | null;
  /** Clip frame of a key frame of the shot's mask; null for others. */
  readonly maskKey: number | null;
  readonly placed: Placed;
}

const entriesByPlaced = new WeakMap<Placed, readonly Entry[]>();

/** Every shot and gap, each shot followed by its anchors and the key frames of its mask; made once for each that has changed. */
export function entriesOf(placed: readonly Placed[]): Entry[] {
  return placed.flatMap((one) => {
    const known = entriesByPlaced.get(one);
    if (known) return known;
    const made = entriesOfOne(one);
    entriesByPlaced.set(one, made);
    return made;
  });
}

function entriesOfOne(one: Placed): readonly Entry[] {
  const own: Entry = { key: one.item.id, itemId: one.item.id, anchor: null, maskKey: null, placed: one };
  if (!isShot(one)) return [own];
  const { id, anchors, start, end, settings } = one.item;
  const keys = keyFramesOf(settings.guide.mask).filter((frame) => frame >= start && frame < end);
  return [
    own,
    ...anchors.map((anchor) => ({ ...own, key: `${id} ${anchor}`, anchor })),
    ...keys.map((maskKey) => ({ ...own, key: `${id} mask ${maskKey}`, maskKey })),
  ];
}

function seconds(frames: number, rate: number): string {
  const value = frames / rate;
  const text = value.toFixed(value < 9.95 ? 1 : 0);
  return `${text} ${text === '1.0' ? 'second' : 'seconds'}`;
}

/** "Shot 3, 2.4 seconds, anchor at frame 12, take 'snow' shown"; `rate` in frames per second. */
export function labelOfItem(
  document: Pick<ProjectDocument, 'clips' | 'takes'>,
  placed: Placed,
  rate: number,
): string {
  const length = seconds(placed.to - placed.from, rate);
  if (!isShot(placed)) return `Gap, ${length}`;
  const { name, anchors, takeId } = placed.item;
  const frames = `${anchors.length === 1 ? 'anchor at frame' : 'anchors at frames'} ${anchors.join(', ')}`;
  const take = takeId === null ? undefined : document.takes[takeId];
  const mixed = rateNote(document, placed.item.clipId);
  const part = take && coverageNote(take, placed.item);
  const shown = take ? `take '${take.name}' shown${part ? `, ${part}` : ''}` : 'clip shown';
  return `${name}, ${length}, ${frames}, ${shown}${mixed ? `, ${mixed}` : ''}`;
}

/** "Mask at frame 12 of Shot 3: rectangle, brush" */
export function labelOfMaskKey({ name, settings }: Shot, frame: number): string {
  const { mask } = settings.guide;
  const parts = mask?.parts.filter((part) => framesOf(part).includes(frame)) ?? [];
  const names = parts.map((part) => partName(mask!, part).toLowerCase());
  return `Mask at frame ${frame} of ${name}: ${names.join(', ')}`;
}

/** @param several whether the shot's method follows all of its anchors; null where that is not known */
export function labelOfAnchor(shot: Shot, anchor: number, several: boolean | null): string {
  return `Anchor at frame ${anchor} of ${shot.name}${leading(shot, anchor, several)}${hasPicture(shot, anchor) ? ', a picture of yours' : ''}`;
}

const RESTS = 'does not count with this method';

/** Why an anchor looks as if it rested; null where it takes part. */
export function restingNote(shot: Shot, anchor: number, several: boolean | null): string | null {
  if (several !== false || anchor === shot.leadAnchor) return null;
  return `Frame ${anchor} ${RESTS}: it follows the lead anchor alone, frame ${shot.leadAnchor}. Shift+A lets this one lead.`;
}

/** Whether a picture of the artist's own stands for the frame. */
export function hasPicture({ settings }: Shot, frame: number): boolean {
  return settings.guide.pictures.some((one) => one.frame === frame);
}

function leading({ anchors, leadAnchor }: Shot, anchor: number, several: boolean | null): string {
  if (anchors.length < 2) return '';
  if (anchor === leadAnchor) return ', leads';
  if (several === null) return '';
  return several ? ', leads too' : `, ${RESTS}`;
}
