/** Trim the shot in hand by keys: an edge to the playhead, or by one frame. */
import { refuse, trim } from '../../common/project/edits.ts';
import { clipFrameOf, isShot } from '../../common/project/positions.ts';
import { getCurrentShot } from '../store/current.ts';
import { getView, seek } from '../store/view.ts';
import type { Command, Intent } from './command.ts';

type Edge = 'start' | 'end';

function toPlayhead(edge: Edge): Intent {
  const placed = getCurrentShot();
  const { playhead } = getView();
  if (!isShot(placed) || playhead < placed.from || playhead >= placed.to) {
    return refuse('trimming', 'the playhead is not over the shot in hand');
  }
  const frame = clipFrameOf(placed, playhead) + (edge === 'end' ? 1 : 0);
  return {
    name: `Trim ${placed.item.name}`,
    edit: (draft) => trim(draft, placed.item.id, edge, frame),
    // The picture under the playhead stays under it.
    after: () => seek(edge === 'start' ? placed.from : playhead),
  };
}

function byFrame(edge: Edge, frames: number): Intent {
  const { item } = getCurrentShot() ?? refuse('trimming', 'no shot is chosen');
  return { name: `Trim ${item.name}`, edit: (draft) => trim(draft, item.id, edge, item[edge] + frames) };
}

function command(id: string, name: string, keys: string[], run: () => Intent): Command {
  return { id, name, group: 'Edit', keys, repeats: true, run };
}

export const trimCommands: readonly Command[] = [
  command('trim.startToPlayhead', 'Trim start to the playhead', ['q'], () => toPlayhead('start')),
  command('trim.endToPlayhead', 'Trim end to the playhead', ['w'], () => toPlayhead('end')),
  command('trim.startEarlier', 'Start one frame earlier', ['BracketLeft'], () => byFrame('start', -1)),
  command('trim.startLater', 'Start one frame later', ['BracketRight'], () => byFrame('start', 1)),
  command('trim.endEarlier', 'End one frame earlier', ['Shift+BracketLeft'], () => byFrame('end', -1)),
  command('trim.endLater', 'End one frame later', ['Shift+BracketRight'], () => byFrame('end', 1)),
];
