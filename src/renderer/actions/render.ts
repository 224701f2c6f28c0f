/** Render the chosen shots, a part of them as a test, or single frames of the shot in hand to look at first. */
import type { Calls } from '../../common/contract/contract.ts';
import type { Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { clipFrameOf, type Placed, timelineFrameOf } from '../../common/project/positions.ts';
import { call } from '../engine.ts';
import { getChosenShots, getCurrentShot } from '../store/current.ts';
import { jobsStore } from '../store/jobs.ts';
import { requirePlugins } from '../store/plugins.ts';
import { getDocument, getOpened } from '../store/project.ts';
import { beginLooks, dropLooks, looksOf, noteJobs, pendingOf } from '../store/stills.ts';
import { getView, seek, setView, type View } from '../store/view.ts';
import type { Command } from './command.ts';

/** Takes are written beside the project unless the artist chose another folder. */
function takesFolder(): string {
  const path = getOpened()?.path ?? refuse('rendering', 'no project is open');
  return getDocument().takesFolder ?? `${path.replace(/\.retake$/i, '')} takes`;
}

/** A shot as a render wants it: whole, a part of it, or one frame to look at. */
type Wanted = Omit<Calls['queue.add']['input']['shots'][number], 'clip' | 'shot'> & { readonly shot: Shot };

/** Shots as the engine is asked to render them, here or elsewhere. @throws AppError where the page can tell that it cannot be */
export function renderRequest(shots: readonly Wanted[], doing: string) {
  const project = getOpened() ?? refuse(doing, 'no project is open');
  const { clips, bundle, provider } = getDocument();
  for (const { shot } of shots) requirePlugins('shot', shot.settings, `rendering ${shot.name}`);
  return {
    project: project.id,
    shots: shots.map((one) => ({
      ...one,
      clip: clips[one.shot.clipId] ?? refuse(one.shot.name, 'its clip is not there'),
    })),
    bundle,
    provider,
    takesFolder: takesFolder(),
  };
}

/** Adds renders to the queue, all of them or none. `preview` renders one frame of each and makes no take. */
export async function addToQueue(shots: readonly Wanted[], preview: boolean): Promise<readonly string[]> {
  const { ids } = await call('queue.add', { ...renderRequest(shots, 'rendering'), preview });
  return ids;
}

async function renderShots(shots: readonly Shot[]): Promise<void> {
  if (shots.length === 0) refuse('rendering', 'no shot is chosen');
  await addToQueue(
    shots.map((shot) => ({ shot })),
    false,
  );
}

/** What lies between In and Out of a shot, in frames of its clip; null where nothing does. */
export function partBetween(
  placed: Placed<Shot>,
  { inFrame, outFrame }: Pick<View, 'inFrame' | 'outFrame'>,
): { readonly start: number; readonly end: number } | null {
  const from = Math.max(placed.from, inFrame ?? placed.from);
  const to = Math.min(placed.to, outFrame ?? placed.to);
  if (to <= from) return null;
  const { start, end } = placed.item;
  return {
    start: from === placed.from ? start : clipFrameOf(placed, from),
    end: to === placed.to ? end : clipFrameOf(placed, to - 1) + 1,
  };
}

/** A test: a take that covers what lies between In and Out of each chosen shot. */
async function renderRange(): Promise<void> {
  const doing = 'rendering In to Out';
  const view = getView();
  if (view.inFrame === null && view.outFrame === null)
    refuse(doing, 'neither In nor Out is set', 'Press I and O at its first and last frame.');
  const wanted = getChosenShots().flatMap((placed) => {
    const part = partBetween(placed, view);
    return part ? [{ shot: placed.item, part }] : [];
  });
  if (wanted.length === 0)
    refuse(doing, 'no chosen shot lies between In and Out', 'Choose the shot under them.');
  await addToQueue(wanted, false);
}

/** Frames to look at take the place of those that were looked at before. */
async function look(placed: Placed<Shot>, wanted: readonly number[]): Promise<void> {
  const shot = placed.item;
  await endLooks(shot.id);
  beginLooks(shot.id, wanted);
  try {
    const ids = await addToQueue(
      wanted.map((frame) => ({ shot, look: frame })),
      true,
    );
    noteJobs(shot.id, wanted, ids);
    // Closed before the queue had them.
    if (looksOf(shot.id)?.wanted !== wanted) await cancelAll(ids);
  } catch (error) {
    dropLooks(shot.id);
    throw error;
  }
}

/** Closes what was looked at of a shot, and cancels what of it is still to come. */
export async function endLooks(shotId: string): Promise<void> {
  const looks = looksOf(shotId);
  if (!looks) return;
  dropLooks(shotId);
  await cancelAll(pendingOf(looks, jobsStore.getState().entries).map(({ id }) => id));
}

async function cancelAll(ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => call('queue.cancel', { id })));
}

function shotInHand(): Placed<Shot> {
  return getCurrentShot() ?? refuse('rendering', 'no shot is chosen');
}

/** First, middle and last; fewer of a shorter shot. */
export function threeFrames({ start, end }: Pick<Shot, 'start' | 'end'>): readonly number[] {
  return [...new Set([start, Math.floor((start + end - 1) / 2), end - 1])];
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
    id: 'render.range',
    name: 'Render In to Out as a test',
    group: 'Takes',
    keys: ['Shift+Alt+Enter'],
    run: renderRange,
  },
  {
    id: 'render.frame',
    name: 'Preview the frame under the playhead',
    group: 'Takes',
    keys: ['$mod+Shift+Enter'],
    run: async () => {
      const shot = shotInHand();
      const frame = clipFrameOf(shot, getView().playhead);
      await look(shot, [frame]);
      // The artist watches it come; the playhead may stand outside the shot in hand.
      setView({ shuttle: 0 });
      seek(timelineFrameOf(shot, frame));
    },
  },
  {
    id: 'render.three',
    name: 'Preview the first, middle and last frame',
    group: 'Takes',
    keys: ['$mod+Alt+Enter'],
    run: async () => {
      const shot = shotInHand();
      await look(shot, threeFrames(shot.item));
      setView({ shuttle: 0 });
    },
  },
];
