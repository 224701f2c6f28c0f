/** Render the chosen shots, or one frame of the shot in hand to look at first. */
import type { Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { timelineFrameOf } from '../../common/project/positions.ts';
import { call } from '../engine.ts';
import { getChosenShots, getCurrentShot } from '../store/current.ts';
import { getDocument, getOpened } from '../store/project.ts';
import { seek, setView } from '../store/view.ts';
import type { Command } from './command.ts';

/** Takes are written beside the project unless the artist chose another folder. */
function takesFolder(): string {
  const path = getOpened()?.path ?? refuse('rendering', 'no project is open');
  return getDocument().takesFolder ?? `${path.replace(/\.retake$/i, '')} takes`;
}

/** Adds renders to the queue, all of them or none. `preview` renders one frame of each and makes no take. */
async function addToQueue(shots: readonly Shot[], preview: boolean): Promise<void> {
  const project = getOpened() ?? refuse('rendering', 'no project is open');
  const { clips, bundle, provider } = getDocument();
  await call('queue.add', {
    project: project.id,
    shots: shots.map((shot) => ({
      shot,
      clip: clips[shot.clipId] ?? refuse(shot.name, 'its clip is not there'),
    })),
    bundle,
    provider,
    takesFolder: takesFolder(),
    preview,
  });
}

async function renderShots(shots: readonly Shot[]): Promise<void> {
  if (shots.length === 0) refuse('rendering', 'no shot is chosen');
  await addToQueue(shots, false);
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
      await addToQueue([shot.item], true);
      // The anchor's frame is the one that is rendered: the artist watches it come.
      setView({ shuttle: 0 });
      seek(timelineFrameOf(shot, shot.item.leadAnchor));
    },
  },
];
