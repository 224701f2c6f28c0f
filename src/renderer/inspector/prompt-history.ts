/** Prompts that the takes of a project were made with: nothing of it is kept beside them. Pure. */
import type { Take } from '../../common/project/document.ts';
import { newestFirst } from '../../common/project/edits-takes.ts';

export type PromptKey = 'target' | 'source' | 'negative';

const MOST = 50;

type Used = Readonly<Record<PromptKey, readonly string[]>>;

const usedByTakes = new WeakMap<Readonly<Record<string, Take>>, Used>();

/** Sorted once per version of the takes, not at every letter. */
function usedIn(takes: Readonly<Record<string, Take>>): Used {
  const known = usedByTakes.get(takes);
  if (known) return known;
  const newest = Object.values(takes).toSorted(newestFirst);
  const of = (key: PromptKey) => [
    ...new Set(newest.map(({ settings }) => settings.prompts[key].trim()).filter((text) => text !== '')),
  ];
  const used = { target: of('target'), source: of('source'), negative: of('negative') };
  usedByTakes.set(takes, used);
  return used;
}

/** Newest first, each once, without the one that is there. */
export function promptsUsed(
  takes: Readonly<Record<string, Take>>,
  key: PromptKey,
  present: string,
): readonly string[] {
  const now = present.trim();
  return usedIn(takes)
    [key].filter((text) => text !== now)
    .slice(0, MOST);
}
