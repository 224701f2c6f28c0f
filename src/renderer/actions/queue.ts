/** The queue: pause, cancel, retry, order, end learning, clear. */
import { refuse } from '../../common/project/edits.ts';
import { call } from '../engine.ts';
import { jobsStore, learningIn, setStopping } from '../store/jobs.ts';
import type { Command } from './command.ts';

export async function cancelRender(id: string): Promise<void> {
  await call('queue.cancel', { id });
}

export async function retryRender(id: string): Promise<void> {
  await call('queue.retry', { id });
}

/** What was learnt so far is taken, and its frames are made. @throws AppError where it does not learn any more */
export async function stopLearning(id: string): Promise<void> {
  setStopping(id);
  try {
    await call('job.enough', { id });
  } catch (error) {
    setStopping(null);
    throw error;
  }
}

/** Puts a waiting render in front of another; null puts it last. */
export async function moveRender(id: string, before: string | null): Promise<void> {
  if (id !== before) await call('queue.move', { id, before });
}

export const queueCommands: readonly Command[] = [
  {
    id: 'queue.pause',
    name: 'Pause the queue or let it go on',
    group: 'Takes',
    keys: ['Shift+p'],
    run: async () => {
      await call('queue.pause', { paused: !jobsStore.getState().paused });
    },
  },
  {
    id: 'queue.stopLearning',
    name: 'Stop learning, keep what is learnt',
    group: 'Takes',
    keys: ['Alt+KeyL'],
    async run() {
      const { entries } = jobsStore.getState();
      const entry = learningIn(entries) ?? refuse('ending the learning', 'nothing learns its clip just now');
      await stopLearning(entry.id);
    },
  },
  {
    id: 'queue.clear',
    name: 'Clear what has ended from the queue',
    group: 'Takes',
    keys: [],
    run: async () => {
      await call('queue.clear', null);
    },
  },
];
