/** How much of a prompt the text encoder reads. The true count needs the model's vocabulary, so this says "about". */

import { parsePrompt, type Weighting } from '../../common/prompts/prompt.ts';

/** CLIP reads 77 tokens at once, of which two are the start and end marks. */
const READ_TOKENS = 75;

/** Words cost one token, long or rare ones more; punctuation one each; ideographs about one each. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [part] of text.matchAll(
    /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[\p{L}\p{M}]+|\p{N}|[^\s\p{L}\p{M}\p{N}]/gu,
  )) {
    tokens += /^[a-z]+$/i.test(part)
      ? Math.max(1, Math.ceil((part.length - 2) / 7))
      : Math.ceil(part.length / 2);
  }
  return tokens;
}

/** From here on it is worth a line how much of a prompt is read at once. */
const NEAR = 60;

/** A line for under the field; null while there is nothing to say. Longer prompts are read in parts, each by itself. */
export function lengthHint(text: string, weighting: Weighting): string | null {
  const sections = parsePrompt(text, weighting).map((pieces) =>
    estimateTokens(pieces.map((piece) => piece.text).join(' ')),
  );
  const tokens = sections.reduce((sum, one) => sum + one, 0);
  if (tokens === 0) return null;
  const parts = sections.reduce((sum, one) => sum + Math.max(1, Math.ceil(one / READ_TOKENS)), 0);
  if (parts === 1 && tokens < NEAR) return null;
  return parts === 1
    ? `About ${tokens} of the ${READ_TOKENS} tokens that are read at once`
    : `About ${tokens} tokens, read in ${parts} parts of ${READ_TOKENS}`;
}
