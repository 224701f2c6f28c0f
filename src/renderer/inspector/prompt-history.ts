/** Prompts that the takes of a project were made with: nothing of it is kept beside them. Pure. */
import type { Take } from '../../common/project/document.ts';
import { newestFirst } from '../../common/project/edits-takes.ts';
import type { ShotSettings } from '../../common/settings/settings.ts';

export type PromptKey = 'target' | 'source' | 'negative';

const MOST = 50;

/** Newest first, each once, without the one that is there. */
export function promptsUsed(
  takes: Readonly<Record<string, Take>>,
  key: PromptKey & keyof ShotSettings['prompts'],
  present: string,
): readonly string[] {
  const texts = Object.values(takes)
    .toSorted(newestFirst)
    .map(({ settings }) => settings.prompts[key].trim());
  return [...new Set(texts)].filter((text) => text !== '' && text !== present.trim()).slice(0, MOST);
}
