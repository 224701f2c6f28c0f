/** Remove what is in hand: an anchor, a key frame of a mask, or shots and gaps, closing up or leaving a gap. */
import { refuse, removeItems } from '../../common/project/edits.ts';
import { removeAnchor } from '../../common/project/edits-anchors.ts';
import { shotOf } from '../../common/project/positions.ts';
import { getCurrentShot } from '../store/current.ts';
import { getDocument, newId } from '../store/project.ts';
import { getView, select } from '../store/view.ts';
import type { Command, Intent } from './command.ts';
import { remove as removeMarkerInHand } from './marker.ts';
import { removeMaskKey } from './mask-keys.ts';

function chosen(): readonly string[] {
  const { selection } = getView();
  if (selection.length > 0) return selection;
  const current = getCurrentShot();
  return current ? [current.item.id] : refuse('removing', 'nothing is chosen');
}

function named(verb: string, ids: readonly string[]): string {
  const shot = ids.length === 1 ? shotOf(getDocument(), ids[0]!) : null;
  return ids.length === 1 ? `${verb} ${shot?.name ?? 'gap'}` : `${verb} ${ids.length} items`;
}

function removeChosen(leaveGap: boolean): Intent {
  const ids = chosen();
  return {
    name: named(leaveGap ? 'Lift' : 'Delete', ids),
    edit: (draft) => removeItems(draft, ids, leaveGap ? newId : null),
    after: () => select([]),
  };
}

/** A mark in hand goes, whichever way; else what is chosen. */
function removeInHand(leaveGap: boolean): Intent {
  const { anchor, maskKey, marker, selection } = getView();
  if (marker !== null) return removeMarkerInHand();
  if (maskKey) return removeMaskKey(maskKey);
  if (!anchor) return removeChosen(leaveGap);
  return {
    name: 'Remove anchor',
    edit: (draft) => removeAnchor(draft, anchor.shotId, anchor.frame),
    after: () => select(selection),
  };
}

export const removeCommands: readonly Command[] = [
  {
    id: 'edit.delete',
    name: 'Delete, close up',
    group: 'Edit',
    keys: ['Delete', 'Backspace', 'x'],
    run: () => removeInHand(false),
  },
  {
    id: 'edit.lift',
    name: 'Lift, leave a gap',
    group: 'Edit',
    keys: ['z'],
    run: () => removeInHand(true),
  },
];
