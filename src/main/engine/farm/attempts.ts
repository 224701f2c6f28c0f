/** How attempts at a job's tasks stand, as they wrote it themselves. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { readState } from './attempt.ts';
import { type attemptState, farmPaths } from './job-folder.ts';

export type AttemptState = z.output<typeof attemptState>;

export interface Attempts {
  /** Times that a machine began. */
  readonly count: number;
  /** The one that spoke last; null where none has spoken yet. */
  readonly newest: AttemptState | null;
}

/** Names of the tasks of which there was any attempt: "render-3". */
export async function begunTasks(folder: string): Promise<ReadonlySet<string>> {
  return new Set(await readdir(join(folder, 'attempts')).catch(() => []));
}

/** Of the render of a shot. */
export async function attemptsAt(folder: string, number: number): Promise<Attempts> {
  const around = farmPaths.attempts(folder, 'render', { first: number, last: number });
  const names = (await readdir(around).catch(() => [])).filter((name) => !name.startsWith('.'));
  const states = await Promise.all(names.map((name) => readState(join(around, name))));
  const spoken = states.filter((state) => state !== null).sort((a, b) => b.updatedAt - a.updatedAt);
  // One that is done is what counts, however long a twin of it went on.
  const newest = spoken.find(({ state }) => state === 'done') ?? spoken[0] ?? null;
  return { count: names.length, newest };
}
