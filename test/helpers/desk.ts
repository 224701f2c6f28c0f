/** The desktop's part of the engine in this process, on a data folder; called again on the same one it is the next session. */
import { join } from 'node:path';
import type { Events } from '../../src/common/contract/events.ts';
import type { QueueEntry } from '../../src/common/contract/queue.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { createDesktop, type Desktop } from '../../src/main/engine/calls/handlers.ts';
import { prepareDataDirectory } from '../../src/main/engine/data-paths.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { Plugins } from '../../src/main/engine/plugins/plugins.ts';
import { type JobStore, openJobStore } from '../../src/main/engine/queue/store.ts';
import { Supervisor } from '../../src/main/engine/queue/supervisor.ts';

export interface Desk {
  readonly call: Desktop['handlers'];
  readonly supervisor: Supervisor;
  readonly store: JobStore;
  readonly events: Events[];
  /** Folder for takes. */
  readonly takes: string;
  until(check: (entries: readonly QueueEntry[], paused: boolean) => unknown): Promise<readonly QueueEntry[]>;
  stop(): Promise<void>;
}

/** @param plugins those of the data folder, of which none runs unless said */
export function startDesk(
  dir: string,
  probe = rememberingProbe(),
  plugins = new Plugins({ dir: join(dir, 'plugins'), contributors: [] }),
): Desk {
  const paths = prepareDataDirectory(dir);
  const events: Events[] = [];
  const emit = (event: Events) => events.push(event);
  const onWarning = () => {};
  const cache = new ArtefactStore(paths.cache, { limitBytes: 1e8, onWarning });
  const store = openJobStore(paths.queue, { dir: paths.jobs, onWarning });
  const supervisor = new Supervisor({ store, cache, probe, dir: paths.jobs, emit });
  const desktop = createDesktop({ probe, paths, cache, store, supervisor, plugins, emit });
  const call = desktop.handlers;
  return {
    call,
    supervisor,
    store,
    events,
    takes: join(paths.dir, 'takes'),
    async until(check) {
      for (let tries = 0; tries < 3000; tries += 1) {
        const { entries, paused } = await call['queue.list'](null);
        if (check(entries, paused)) return entries;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(JSON.stringify(await call['queue.list'](null)));
    },
    async stop() {
      await desktop.stop();
      cache.close();
      store.close();
    },
  };
}

export const stateOf = (entries: readonly QueueEntry[], id: string) =>
  entries.find((entry) => entry.id === id)?.state;

/** Its take is in its project's file. */
export const isFiled = (entries: readonly QueueEntry[], id: string) =>
  entries.some((entry) => entry.id === id && entry.state === 'done' && entry.filed);
