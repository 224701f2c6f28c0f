/**
 * Files of deleted takes: set aside by the engine when the last entry that shows them is deleted, brought back when undo
 * brings the entry back, and set aside again when redo takes it away.
 */
import { call } from '../engine.ts';
import { tellError } from './notices.ts';
import { projectStore } from './project.ts';

interface Held {
  /** Is the file to be there, by what the document says now. */
  wanted: boolean;
  /** Token with which the engine gives it back; null while the file is in its place. */
  undo: string | null;
  /** Moves of one file follow each other. */
  work: Promise<void>;
}

export interface Mover {
  remove(path: string): Promise<{ undo: string }>;
  restore(undo: string): Promise<unknown>;
}

/** Follows the document: `sync` is told which of the files given up to it are shown by some entry. */
export function createTrash(mover: Mover, onError: (error: unknown) => void) {
  const held = new Map<string, Held>();

  function settle(path: string, one: Held): void {
    one.work = one.work.then(async () => {
      try {
        if (!one.wanted && one.undo === null) one.undo = (await mover.remove(path)).undo;
        else if (one.wanted && one.undo !== null) {
          await mover.restore(one.undo);
          one.undo = null;
        }
      } catch (error) {
        onError(error);
      }
    });
  }

  return {
    /** The artist deleted a take that shows this file. */
    giveUp(path: string): void {
      if (!held.has(path)) held.set(path, { wanted: true, undo: null, work: Promise.resolve() });
    },
    sync(isShown: (path: string) => boolean): void {
      for (const [path, one] of held) {
        const wanted = isShown(path);
        if (wanted === one.wanted) continue;
        one.wanted = wanted;
        settle(path, one);
      }
    },
    /** Another project is shown from now on. */
    clear(): void {
      held.clear();
    },
    async idle(): Promise<void> {
      await Promise.all([...held.values()].map(({ work }) => work));
    },
  };
}

export const trash = createTrash(
  {
    remove: (path) => call('take.delete', { path }),
    restore: (undo) => call('take.restore', { undo }),
  },
  tellError,
);

projectStore.subscribe(({ history: { document } }, before) => {
  if (document.takes !== before.history.document.takes) {
    const shown = new Set(Object.values(document.takes).map(({ path }) => path));
    trash.sync((path) => shown.has(path));
  }
});
