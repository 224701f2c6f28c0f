/** Render the chosen shots, or one frame of the shot in hand to look at first. */
import type { QueueEntry } from '../../common/contract/queue.ts';
import type { Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { timelineFrameOf } from '../../common/project/positions.ts';
import { call } from '../engine.ts';
import { getChosenShots, getCurrentShot } from '../store/current.ts';
import { getDocument, getOpened } from '../store/project.ts';
import { seek, setView } from '../store/view.ts';
import type { Command } from './command.ts';

/** Takes are written beside the project unless the artist chose another folder. */
export function takesFolder(): string {
  const path = getOpened()?.path ?? refuse('rendering', 'no project is open');
  return getDocument().takesFolder ?? `${path.replace(/\.retake$/i, '')} takes`;
}

/** Adds a render to the queue and answers its id. `preview` renders one frame and makes no take. */
export async function addToQueue(shot: Shot, preview: boolean): Promise<QueueEntry['id']> {
  const { clips, bundle, provider } = getDocument();
  const clip = clips[shot.clipId] ?? refuse('rendering', 'the clip of this shot is not there');
  const answer = await call('queue.add', {
    shot,
    clip,
    bundle,
    provider,
    takesFolder: takesFolder(),
    preview,
  });
  return answer.id;
}

export async function renderShots(shots: readonly Shot[]): Promise<void> {
  if (shots.length === 0) refuse('rendering', 'no shot is chosen');
  for (const shot of shots) await addToQueue(shot, false);
}

export const renderCommands: readonly Command[] = [
  {
    id: 'render.shots',
    name: 'Render the chosen shots',
    group: 'Takes',
    keys: ['$mod+Enter'],
    run: () => renderShots(getChosenShots().map(({ item }) => item)),
  },
  {
    id: 'render.frame',
    name: 'Preview one frame of the shot',
    group: 'Takes',
    keys: ['$mod+Shift+Enter'],
    run: async () => {
      const shot = getCurrentShot() ?? refuse('rendering', 'no shot is chosen');
      await addToQueue(shot.item, true);
      // The anchor's frame is the one that is rendered: the artist watches it come.
      setView({ shuttle: 0 });
      seek(timelineFrameOf(shot, shot.item.leadAnchor));
    },
  },
];
