/**
 * What a safetensors file says of itself: the header's `__metadata__` as trainers write it (kohya's `ss_*`, the field names of
 * `modelspec.*`). Any hand may have written it, so it is plain text of bounded length, shown as the file's word. Pure.
 */

export type Metadata = ReadonlyMap<string, string>;

const MOST_WORDS = 40;
const LONGEST_WORD = 100;
const LONGEST_TEXT = 200;
/** Of one value that is parsed as JSON; tags of the largest data sets take a fraction of it. */
const LONGEST_JSON = 8e6;

/** Without control characters, marks that turn the direction of writing, halves of characters and line ends; cut off at `most`. */
export function plainText(text: string, most = LONGEST_TEXT): string {
  const one = text.slice(0, 4 * most).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
  const clean = one.replace(/\s+/g, ' ').trim();
  return clean.length > most ? `${clean.slice(0, most - 1).replace(/\p{Cs}$/u, '')}…` : clean;
}

/** A value of the metadata as plain text; null where it is absent or says nothing ("None"). */
export function said(metadata: Metadata, ...names: readonly string[]): string | null {
  for (const name of names) {
    const text = plainText(metadata.get(name) ?? '');
    if (text !== '' && text !== 'None' && text !== 'null') return text;
  }
  return null;
}

function parsed(metadata: Metadata, name: string): unknown {
  const text = metadata.get(name);
  if (text === undefined || text.length > LONGEST_JSON) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Words that call up what was trained: what the file names as its trigger first, then the tags of its pictures, most
 * frequent first.
 */
export function triggerWords(metadata: Metadata): string[] {
  const counts = new Map<string, number>();
  const folders = parsed(metadata, 'ss_tag_frequency');
  for (const tags of isRecord(folders) ? Object.values(folders) : []) {
    for (const [tag, count] of isRecord(tags) ? Object.entries(tags) : []) {
      const word = plainText(tag, LONGEST_WORD);
      if (word === '' || typeof count !== 'number' || !(count > 0)) continue;
      counts.set(word, (counts.get(word) ?? 0) + count);
    }
  }
  const frequent = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([word]) => word);
  const named = (said(metadata, 'modelspec.trigger_phrase') ?? '')
    .split(',')
    .map((word) => plainText(word, LONGEST_WORD))
    .filter((word) => word !== '');
  return [...new Set([...named, ...frequent])].slice(0, MOST_WORDS);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
