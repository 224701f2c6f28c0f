/** Anchors: add at the playhead, take in hand, nudge, let one lead. */

import type { Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { addAnchor, moveAnchor, setLeadAnchor } from '../../common/project/edits-anchors.ts';
import { clipFrameOf, isShot, itemAt, type Placed, timelineFrameOf } from '../../common/project/positions.ts';
import { getPlaced } from '../store/current.ts';
import { getView, seek, select } from '../store/view.ts';
import type { Command, Intent } from './command.ts';

function underPlayhead(doing: string): { shot: Placed<Shot>; frame: number } {
  const { playhead } = getView();
  const shot = itemAt(getPlaced(), playhead);
  if (!isShot(shot)) return refuse(doing, 'there is no shot under the playhead');
  return { shot, frame: clipFrameOf(shot, playhead) };
}

function add(): Intent | null {
  const { shot, frame } = underPlayhead('adding an anchor');
  const { id, name, anchors } = shot.item;
  const after = () => select([id], { shotId: id, frame });
  if (anchors.includes(frame)) {
    after();
    return null;
  }
  return { name: `Add anchor to ${name}`, edit: (draft) => addAnchor(draft, id, frame), after };
}

/** The anchor in hand, else the one under the playhead. */
function anchorInHand(doing: string): { shot: Placed<Shot>; frame: number } {
  const { anchor } = getView();
  const shot = anchor && getPlaced().find((one) => one.item.id === anchor.shotId);
  if (anchor && isShot(shot)) return { shot, frame: anchor.frame };
  const under = underPlayhead(doing);
  if (!under.shot.item.anchors.includes(under.frame))
    refuse(doing, 'no anchor is in hand', 'Click one, or press ↑ or ↓.');
  return under;
}

function nudge(frames: number): Intent {
  const { shot, frame } = anchorInHand('moving an anchor');
  const { id, name, start, end } = shot.item;
  const target = Math.max(start, Math.min(end - 1, frame + frames));
  return {
    name: `Move anchor of ${name}`,
    edit: (draft) => moveAnchor(draft, id, frame, target),
    after() {
      select([id], { shotId: id, frame: target });
      seek(timelineFrameOf(shot, target));
    },
  };
}

function lead(): Intent {
  const { shot, frame } = anchorInHand('choosing the lead anchor');
  return { name: 'Lead anchor', edit: (draft) => setLeadAnchor(draft, shot.item.id, frame) };
}

export const anchorCommands: readonly Command[] = [
  { id: 'anchor.add', name: 'Anchor at the playhead', group: 'Anchors', keys: ['a'], run: add },
  { id: 'anchor.lead', name: 'Let this anchor lead', group: 'Anchors', keys: ['Shift+a'], run: lead },
  {
    id: 'anchor.earlier',
    name: 'Anchor one frame earlier',
    group: 'Anchors',
    keys: ['Alt+ArrowLeft'],
    repeats: true,
    run: () => nudge(-1),
  },
  {
    id: 'anchor.later',
    name: 'Anchor one frame later',
    group: 'Anchors',
    keys: ['Alt+ArrowRight'],
    repeats: true,
    run: () => nudge(1),
  },
];
