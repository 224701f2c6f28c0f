/** A tokenizer whose tokens are words and commas, so that a test reads like its prompt. */
import type { ClipTokenizer } from '../../src/main/engine/models/tokenizer.ts';

export const [START, END] = [1, 2];
const COMMA = 3;

export function wordTokenizer(length = 77, padding: number = END): ClipTokenizer {
  const ids = new Map<string, number>([[',', COMMA]]);
  const words: string[] = [];
  const idOf = (word: string) => {
    const known = ids.get(word) ?? 10 + words.push(word) - 1;
    ids.set(word, known);
    return known;
  };
  const tokens = (text: string) => (text.toLowerCase().match(/,|[^\s,]+/g) ?? []).map(idOf);
  const decode = (all: readonly number[]) =>
    all.map((id) => (id === COMMA ? ',' : (words[id - 10] ?? '?'))).join(' ');
  return {
    length,
    size: 1000,
    special: { start: START, end: END, padding, comma: COMMA },
    tokens,
    decode,
    encode(text) {
      const all = tokens(text);
      const rest = all.slice(length - 2);
      const padded = new Int32Array(length).fill(padding);
      padded.set([START, ...all.slice(0, length - 2), END]);
      return { ids: padded, cut: rest.length === 0 ? null : decode(rest) };
    },
  };
}
