/** How CLIP's tokenizer splits text: the published rules, and which of those that a file brings may be run. */

const CLIP_WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
const SPACES = '\\s+';

/**
 * Patterns a tokenizer.json may bring, all of which take time in proportion to the text. Others are not run: a few
 * letters are enough to keep a backtracking engine busy for hours.
 */
const KNOWN_PATTERNS: ReadonlySet<string> = new Set([
  SPACES,
  CLIP_WORDS,
  `<\\|startoftext\\|>|<\\|endoftext\\|>|${CLIP_WORDS}`,
]);

/** The first pattern anywhere in the rules that is not known, or null. */
export function unknownPattern(rules: object): string | null {
  const stack: unknown[] = [rules];
  while (stack.length > 0) {
    const top = stack.pop();
    if (typeof top !== 'object' || top === null) continue;
    const { Regex } = top as { Regex?: unknown };
    if (Regex !== undefined && !(typeof Regex === 'string' && KNOWN_PATTERNS.has(Regex)))
      return String(Regex);
    for (const value of Object.values(top)) stack.push(value);
  }
  return null;
}

/** The splitting rules of CLIP's published tokenizer, for bundles that hold only vocab.json and merges.txt. */
export function clipRules(vocab: Record<string, number>, merges: readonly string[], unknown: string): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: SPACES }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: CLIP_WORDS },
          behavior: 'Removed',
          invert: true,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}

export function addedTokens(vocab: Record<string, number>, tokens: readonly string[]): object[] {
  return [...new Set(tokens)].map((content) => ({
    id: vocab[content]!,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: true,
    special: true,
  }));
}
