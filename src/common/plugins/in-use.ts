/** Plugins that something uses right now: nothing of them is replaced, removed or switched off under it. */
import { AppError } from '../errors.ts';

/** What uses each, in the order in which it began. */
const held = new Map<string, string[]>();
const waiting = new Set<(pluginId: string) => void>();

/** @param what for people: "a render" */
export function holdPlugins(pluginIds: Iterable<string>, what: string): Disposable {
  const ids = [...new Set(pluginIds)];
  for (const id of ids) held.set(id, [...(held.get(id) ?? []), what]);
  return {
    [Symbol.dispose]() {
      for (const id of ids.splice(0)) {
        const uses = held.get(id)!;
        const left = uses.toSpliced(uses.indexOf(what), 1);
        if (left.length > 0) held.set(id, left);
        else {
          held.delete(id);
          for (const tell of waiting) tell(id);
        }
      }
    },
  };
}

export function isInUse(pluginId: string): boolean {
  return held.has(pluginId);
}

/** @throws AppError plugin-busy naming what uses it */
export function requireIdle(pluginId: string, doing: string): void {
  const [what] = held.get(pluginId) ?? [];
  if (what === undefined) return;
  throw new AppError('plugin-busy', `${what} uses ${pluginId} right now`, {
    doing,
    hint: 'Wait for it or cancel it.',
  });
}

/** Hears of each plugin that nothing uses any more. @returns ends that */
export function onIdle(tell: (pluginId: string) => void): () => void {
  waiting.add(tell);
  return () => void waiting.delete(tell);
}
