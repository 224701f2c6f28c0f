/** Moving the playhead by frames and from edit to edit. */
import { isShot, timelineFrameOf } from '../../common/project/positions.ts';
import { getPlaced, lengthOfPlaced } from '../store/current.ts';
import { getView, seek } from '../store/view.ts';
import type { Command } from './command.ts';

/** Larger steps of Shift and the arrows, in frames. */
const LARGE_STEP = 10;

/** First frames of items, anchors and the last frame, ascending: where ↑ and ↓ stop. */
function stops(): number[] {
  const placed = getPlaced();
  const frames = new Set<number>();
  for (const one of placed) {
    frames.add(one.from);
    if (isShot(one)) for (const anchor of one.item.anchors) frames.add(timelineFrameOf(one, anchor));
  }
  if (placed.length > 0) frames.add(lengthOfPlaced(placed) - 1);
  return [...frames].sort((a, b) => a - b);
}

function step(id: string, name: string, keys: string[], frames: number): Command {
  return { id, name, group: 'Move', keys, repeats: true, run: () => seek(getView().playhead + frames) };
}

export const seekCommands: readonly Command[] = [
  step('seek.back', 'One frame back', ['ArrowLeft'], -1),
  step('seek.forward', 'One frame forward', ['ArrowRight'], 1),
  step('seek.backLarge', `${LARGE_STEP} frames back`, ['Shift+ArrowLeft'], -LARGE_STEP),
  step('seek.forwardLarge', `${LARGE_STEP} frames forward`, ['Shift+ArrowRight'], LARGE_STEP),
  {
    id: 'seek.previous',
    name: 'Previous edit or anchor',
    group: 'Move',
    keys: ['ArrowUp'],
    repeats: true,
    run: () => seek(stops().findLast((frame) => frame < getView().playhead) ?? 0),
  },
  {
    id: 'seek.next',
    name: 'Next edit or anchor',
    group: 'Move',
    keys: ['ArrowDown'],
    repeats: true,
    run: () => seek(stops().find((frame) => frame > getView().playhead) ?? getView().playhead),
  },
  { id: 'seek.start', name: 'Start', group: 'Move', keys: ['Home'], run: () => seek(0) },
  {
    id: 'seek.end',
    name: 'End',
    group: 'Move',
    keys: ['End'],
    run: () => seek(lengthOfPlaced(getPlaced()) - 1),
  },
];
