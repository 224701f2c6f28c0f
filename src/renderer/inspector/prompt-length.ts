/** How much of a prompt the text encoder reads. The true count needs the model's vocabulary, so this says "about". */

/** CLIP reads 77 tokens, of which two are the start and end marks. */
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

/** A line for under the field; null while there is nothing to say. */
export function lengthHint(text: string): { readonly text: string; readonly tooLong: boolean } | null {
  const tokens = estimateTokens(text);
  if (tokens === 0) return null;
  const tooLong = tokens > READ_TOKENS;
  return {
    text: tooLong
      ? `About ${tokens} tokens; models read ${READ_TOKENS}, the end is left out`
      : `About ${tokens} of ${READ_TOKENS} tokens`,
    tooLong,
  };
}
