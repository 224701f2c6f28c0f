/** Going to a timecode that is typed, and the label at which the timeline begins. */
import { timelineRate } from '../../common/project/positions.ts';
import { setStartTimecode, timelineStart } from '../../common/project/start-timecode.ts';
import { typedFrame } from '../../common/time/typed-timecode.ts';
import { change, getDocument } from '../store/project.ts';
import { getView, seek, setView } from '../store/view.ts';
import type { Command } from './command.ts';

/** False where what was typed is no place. */
export function goTo(text: string): boolean {
  const document = getDocument();
  const { playhead: at } = getView();
  const frame = typedFrame(text, { rate: timelineRate(document), start: timelineStart(document), at });
  if (frame === null) return false;
  setView({ shuttle: 0 });
  seek(frame);
  return true;
}

/** @throws AppError for what is no timecode of the timeline */
export function startAt(text: string): void {
  change({ name: 'Start timecode', edit: (draft) => setStartTimecode(draft, text) });
}

export const goToCommands: readonly Command[] = [
  {
    id: 'seek.goTo',
    name: 'Go to timecode…',
    group: 'Move',
    keys: ['g', '$mod+g'],
    run: () => setView({ goingTo: true }),
  },
  {
    id: 'timeline.start',
    name: 'Start timecode of the timeline…',
    group: 'Project',
    keys: [],
    run: () => setView({ dialog: 'start' }),
  },
];
