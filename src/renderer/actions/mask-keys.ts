/** Key frames of masks: from one to the next, made and taken away, moved in time. */
import type { Mask } from '../../common/masks/mask.ts';
import { isShape } from '../../common/masks/mask.ts';
import { refuse } from '../../common/project/edits.ts';
import {
  editMask,
  framesOf,
  holdKey,
  keyFramesOf,
  moveKeys,
  removeKey,
} from '../../common/project/edits-mask.ts';
import { shotOf, timelineFrameOf } from '../../common/project/positions.ts';
import { getPlaced } from '../store/current.ts';
import { getMasking } from '../store/masking.ts';
import { getDocument } from '../store/project.ts';
import { getView, seek, select, type View } from '../store/view.ts';
import type { Command, Intent } from './command.ts';
import { getMasked, maskedOrRefuse, nameOfPart, partInHand } from './masked.ts';

type Key = NonNullable<View['maskKey']>;

/** The parts that a key frame of the timeline stands for: the one in hand if it has one there, else all that have. */
export function partsAt(mask: Mask | null, frame: number): string[] {
  const at = mask?.parts.filter((part) => framesOf(part).includes(frame)) ?? [];
  const held = at.find(({ id }) => id === getMasking().part);
  return (held ? [held] : at).map(({ id }) => id);
}

function maskOf(shotId: string): Mask | null {
  return shotOf(getDocument(), shotId)?.settings.guide.mask ?? null;
}

export function removeMaskKey({ shotId, frame }: Key): Intent {
  const ids = partsAt(maskOf(shotId), frame);
  return {
    name: 'Remove key frame of the mask',
    edit: (draft) =>
      editMask(draft, shotId, (mask) => {
        for (const id of ids) removeKey(mask, id, frame);
      }),
    after: () => select([shotId]),
  };
}

/** Moves the key frame in hand within its shot. */
function nudge(frames: number): Intent {
  const { maskKey } = getView();
  const placed = getPlaced().find(({ item }) => item.id === maskKey?.shotId);
  if (!maskKey || placed?.item.kind !== 'shot')
    return refuse('moving a key frame', 'no key frame of a mask is in hand');
  const shot = { ...placed, item: placed.item };
  const { id, start, end, settings } = shot.item;
  const to = Math.max(start, Math.min(end - 1, maskKey.frame + frames));
  const ids = partsAt(settings.guide.mask, maskKey.frame);
  return {
    name: 'Move key frame of the mask',
    edit: (draft) => editMask(draft, id, (mask) => moveKeys(mask, ids, maskKey.frame, to)),
    after() {
      select([id], null, { shotId: id, frame: to });
      seek(timelineFrameOf(shot, to));
    },
  };
}

/** To the nearest key frame before or after, of the part in hand if one is. */
function step(direction: -1 | 1): void {
  const here = getMasked();
  const frames = keyFramesOf(here?.mask ?? null, here && (partInHand(here.mask)?.id ?? null));
  const target =
    here &&
    (direction < 0 ? frames.findLast((one) => one < here.frame) : frames.find((one) => one > here.frame));
  if (here && target !== null && target !== undefined) seek(timelineFrameOf(here.placed, target));
}

/** Holds the part in hand where it is at this frame, or takes that away again. */
function toggleKey(): Intent {
  const doing = 'setting a key frame';
  const { shot, mask, frame } = maskedOrRefuse(doing);
  const part = partInHand(mask) ?? (mask?.parts.length === 1 ? mask.parts[0]! : null);
  if (!part) return refuse(doing, 'no part of the mask is in hand');
  const name = nameOfPart(mask, part);
  const has = framesOf(part).includes(frame);
  if (!has && !isShape(part)) return refuse(doing, `the ${name} has none until it is painted here`);
  if (has && framesOf(part).length === 1)
    return refuse('removing a key frame', `it is the only one of the ${name}`);
  return {
    name: has ? `Remove key frame of the ${name}` : `Key frame of the ${name}`,
    edit: (draft) =>
      editMask(draft, shot.id, (one) =>
        has ? removeKey(one, part.id, frame) : holdKey(one, part.id, frame),
      ),
  };
}

const isKeyInHand = () => getView().maskKey !== null;

export const maskKeyCommands: readonly Command[] = [
  {
    id: 'mask.previousKey',
    name: 'Previous key frame of the mask',
    group: 'Mask',
    keys: ['Comma'],
    repeats: true,
    run: () => step(-1),
  },
  {
    id: 'mask.nextKey',
    name: 'Next key frame of the mask',
    group: 'Mask',
    keys: ['Period'],
    repeats: true,
    run: () => step(1),
  },
  {
    id: 'mask.key',
    name: 'Key frame of the mask here, or none',
    group: 'Mask',
    keys: ['Shift+e'],
    run: toggleKey,
  },
  {
    id: 'mask.keyEarlier',
    name: 'Key frame in hand one frame earlier',
    group: 'Mask',
    keys: ['Alt+ArrowLeft'],
    repeats: true,
    when: isKeyInHand,
    run: () => nudge(-1),
  },
  {
    id: 'mask.keyLater',
    name: 'Key frame in hand one frame later',
    group: 'Mask',
    keys: ['Alt+ArrowRight'],
    repeats: true,
    when: isKeyInHand,
    run: () => nudge(1),
  },
];
