/** A CLIP tokenizer of bytes and a few merges, in both of its layouts. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Tokens of a prompt. */
export const LENGTH = 77;
const MERGES = ['s w', 'a n</w>', 'sw an</w>', 'r e', 're d</w>', 'c a', 'ca r</w>'];
const START = '<|startoftext|>';
export const END = '<|endoftext|>';

/** Byte-level BPE writes each byte as a printable character: itself, or one from U+0100 on. */
function byteCharacters(): string[] {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

/** In CLIP's order: bytes, bytes at the end of a word, merges, start, end. */
export function tinyVocabulary(): Record<string, number> {
  const characters = byteCharacters();
  const sorted = [...characters].sort((a, b) => (a === '!' ? -1 : b === '!' ? 1 : a < b ? -1 : 1));
  const words = [...sorted, ...sorted.map((c) => `${c}</w>`), ...MERGES.map((pair) => pair.replace(' ', ''))];
  return Object.fromEntries([...words, START, END].map((token, id) => [token, id]));
}

export interface TokenizerOptions {
  /** Only tokenizer.json instead of vocab.json and merges.txt. */
  readonly single?: boolean;
  readonly pad?: string;
}

/** @returns folder, which is made when absent */
export async function writeTokenizer(
  folder: string,
  { single = false, pad = END }: TokenizerOptions = {},
): Promise<string> {
  const vocab = tinyVocabulary();
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, 'tokenizer_config.json'), {
    tokenizer_class: 'CLIPTokenizer',
    bos_token: START,
    eos_token: { __type: 'AddedToken', content: END },
    pad_token: pad,
    model_max_length: LENGTH,
  });
  if (single) {
    await writeJson(join(folder, 'tokenizer.json'), {
      normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }] },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          {
            type: 'Split',
            pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
            behavior: 'Removed',
            invert: true,
          },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
        ],
      },
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', end_of_word_suffix: '</w>', unk_token: END, vocab, merges: MERGES },
    });
    return folder;
  }
  await writeJson(join(folder, 'vocab.json'), vocab);
  await writeFile(join(folder, 'merges.txt'), ['#version: 0.2', ...MERGES, ''].join('\n'));
  return folder;
}

async function writeJson(file: string, value: object): Promise<void> {
  await writeFile(file, JSON.stringify(value, null, 2));
}
