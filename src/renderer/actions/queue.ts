/** The queue: pause, cancel, retry, order, clear. */
import { call } from '../engine.ts';
import { jobsStore } from '../store/jobs.ts';
import type { Command } from './command.ts';

export async function cancelRender(id: string): Promise<void> {
  await call('queue.cancel', { id });
}

export async function retryRender(id: string): Promise<void> {
  await call('queue.retry', { id });
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
    id: 'queue.clear',
    name: 'Clear what has ended from the queue',
    group: 'Takes',
    keys: [],
    run: async () => {
      await call('queue.clear', null);
    },
  },
];
