/** The words that a pattern of file names can hold in braces: of Retake, and of plugins. */
import { AppError } from '../errors.ts';
import type { TimelineSignal } from '../interchange/registry.ts';
import { BUILT_IN } from '../plugins/built-in.ts';
import { pluginOf } from '../plugins/ids.ts';
import { Registry } from '../plugins/registry.ts';
import type { NameFacts } from '../plugins/timeline-v1.ts';

interface NameWord {
  /** What stands in the braces; of those of plugins the full one. */
  readonly id: string;
  readonly label: string;
  /** @returns what stands for it in the name of one file; empty where it says nothing there */
  word(facts: NameFacts, signal?: TimelineSignal): Promise<string>;
}

export const nameWords = new Registry<NameWord>('word of names');

const OWN = {
  project: 'Name of the project',
  shot: 'Name of the shot',
  take: 'Name of the take',
  clip: 'Name of the clip',
  n: 'Number of the file',
  date: 'Date of today',
  timecode: 'Label of the first frame',
} as const;

for (const [id, label] of Object.entries(OWN))
  nameWords.contribute(BUILT_IN.interchange, {
    ...{ id, label },
    word: async (facts) => facts[id as keyof typeof OWN],
  });

const IN_BRACES = /\{([^{}]*)\}/g;

/** What stands in braces, each once. */
export function wordsIn(pattern: string): string[] {
  return [...new Set([...pattern.matchAll(IN_BRACES)].map(([, word]) => word!))];
}

/** @returns its words @throws AppError usage, plugin-missing for a word that is none */
export function checkPattern(pattern: string): readonly string[] {
  const words = wordsIn(pattern);
  for (const word of words) {
    if (nameWords.find(word)) continue;
    const plugin = pluginOf(word);
    if (plugin === null) throw unusable(`{${word}} stands for nothing in a name`);
    throw new AppError(
      'plugin-missing',
      `{${word}} is of the plugin ${plugin}, which is not there or not on`,
      {
        doing: DOING,
        hint: 'Install the plugin or switch it on, or take the word out.',
      },
    );
  }
  if (pattern.trim() === '') throw unusable('the name pattern is empty');
  return words;
}

/** What each word of a pattern stands for, for one file. @throws AppError plugin-failed; Cancelled */
export async function wordsFor(
  pattern: string,
  facts: NameFacts,
  signal?: TimelineSignal,
): Promise<Readonly<Record<string, string>>> {
  const words: [string, string][] = [];
  for (const id of wordsIn(pattern)) words.push([id, (await nameWords.find(id)?.word(facts, signal)) ?? '']);
  return Object.fromEntries(words);
}

const DOING = 'naming the files';

function unusable(message: string): AppError {
  const list = nameWords.list.map(({ id }) => `{${id}}`).join(', ');
  return new AppError('usage', message, { doing: DOING, hint: `Use ${list}, and plain text.` });
}
