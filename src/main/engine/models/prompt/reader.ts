/** A prompt as the text encoders take it: tokens and their weights, chunk by chunk, embeddings in their places. */
import { createHash } from 'node:crypto';
import { parsePrompt, type Weighting } from '../../../../common/prompts/prompt.ts';
import type { ClipTokenizer } from '../tokenizer.ts';
import { chunksByCommas, chunksByGroups, type Group, type Slot } from './chunks.ts';

/** A file of vectors for which words of a prompt stand. */
export interface Embedding {
  /** Words that stand for it: the name of the file without its ending, and the token where the file names one. */
  readonly names: readonly string[];
  readonly path: string;
  /** sha256 hex of the file. */
  readonly digest: string;
  /** Vectors that come one after the other. */
  readonly count: number;
  /** For a text encoder, by its place; each as wide as the encoder. */
  rows(encoder: number): readonly Float32Array[];
}

export interface ReadHow {
  readonly weighting: Weighting;
  /** At least as many; what is missing are chunks of the empty prompt. */
  readonly chunks?: number;
}

/** What one text encoder reads at once. */
export interface Chunk {
  /** Start, text, end, padding. */
  readonly ids: Int32Array;
  /** One a token; null where all are 1. */
  readonly weights: Float64Array | null;
  /** Rows of embeddings by the token whose place they take. */
  readonly vectors: ReadonlyMap<number, Float32Array>;
}

export interface PromptReading {
  readonly prompt: string;
  /** Tells readings of one bundle apart. */
  readonly name: string;
  /** Of all that is read otherwise than a short prompt without weights and embeddings; null for such a one. */
  readonly digest: string | null;
  readonly weighting: Weighting;
  /** By text encoder; all have as many. */
  readonly chunks: readonly (readonly Chunk[])[];
  /** The empty prompt, by text encoder. */
  readonly empty: readonly Chunk[];
  /** Runs of each text encoder that it takes. */
  readonly calls: number;
  /** Tokens of the text, without starts, ends and padding. */
  readonly tokens: number;
  /** The part of the text that the model does not read, in lower case, or null. */
  readonly cut: string | null;
  /** Embeddings that it names, by their place in the list. */
  readonly embeddings: readonly number[];
}

export type ReadPrompt = (prompt: string, how?: ReadHow) => PromptReading;

export interface ReaderOf {
  /** One a text encoder. */
  readonly tokenizers: readonly ClipTokenizer[];
  /** The network takes no more than one chunk. */
  readonly single: boolean;
  readonly embeddings: readonly Embedding[];
}

const PLAIN: ReadHow = { weighting: 'off' };

/** Bytes of a vector are not hashed again: its file's digest and its place say the same. */
type Sign = readonly [embedding: string, row: number];

export function promptReader({ tokenizers, single, embeddings }: ReaderOf): ReadPrompt {
  const find = finderOf(embeddings);
  const empty = tokenizers.map((tokenizer) => chunkOf([], tokenizer));

  return (prompt, { weighting, chunks: atLeast = 1 } = PLAIN) => {
    const sections = parsePrompt(prompt, weighting);
    const parted = tokenizers.map((tokenizer) => {
      const size = { room: tokenizer.length - 2, comma: tokenizer.special.comma };
      const groups = sections.map((pieces) =>
        pieces.flatMap(({ text, weight }) =>
          find(text).flatMap((part) => groupsOf(part, { weight, weighting, tokenizer, embeddings })),
        ),
      );
      // A network of one chunk gets as much as fits, wherever chunks end.
      const all = groups.flat(2);
      if (single) return { chunks: [all.slice(0, size.room)], rest: all.slice(size.room) };
      const chunks = weighting === 'comfy' ? chunksByGroups(groups, size) : chunksByCommas(groups, size);
      return { chunks, rest: [] };
    });
    const count = Math.max(atLeast, ...parted.map(({ chunks }) => chunks.length));
    const chunks = parted.map(({ chunks }, encoder) =>
      Array.from({ length: count }, (_, i) =>
        chunks[i]?.length ? chunkOf(chunks[i], tokenizers[encoder]!, embeddings, encoder) : empty[encoder]!,
      ),
    );
    const slots = parted[0]!.chunks.flat();
    const weighted = chunks.flat().some(({ weights }) => weights !== null);
    const plain =
      count === 1 && !weighted && chunks.every(([one], i) => isPlain(one!, tokenizers[i]!, prompt));
    const signs = parted.map((one) =>
      one.chunks.map((chunk) => chunk.map((slot) => signOf(slot, embeddings))),
    );
    const distinct = new Set([...chunks[0]!, ...(weighted && weighting === 'comfy' ? [empty[0]!] : [])]);
    return {
      prompt,
      name: `${count} ${prompt}`,
      digest: plain
        ? null
        : digestOf([weighted ? weighting : null, chunks.map(idsOf), signs, weightsIn(chunks)]),
      weighting,
      chunks,
      empty,
      calls: distinct.size,
      tokens: slots.length,
      cut:
        parted.map(({ rest }, i) => textOf(rest, tokenizers[i]!, embeddings)).find((text) => text !== '') ??
        null,
      embeddings: [...new Set(slots.flatMap(({ vector }) => (vector ? [vector.embedding] : [])))],
    };
  };
}

/** Text, or the place of an embedding in the list. */
type Part = string | number;

/** Finds embeddings by any of their names, longer ones first, whole and in any case; "embedding:name" says the same. */
function finderOf(embeddings: readonly Embedding[]): (text: string) => readonly Part[] {
  const named = embeddings
    .flatMap(({ names }, at) => names.map((name) => ({ name, at })))
    .sort((a, b) => b.name.length - a.name.length);
  if (named.length === 0) return (text) => [text];
  const anyOf = named.map(({ name }) => `(${wholeName(name)})`).join('|');
  const pattern = new RegExp(`(?:(?<![\\p{L}\\p{N}_])embedding:)?(?:${anyOf})(?:\\.safetensors)?`, 'giu');
  return (text) => {
    const parts: Part[] = [];
    let from = 0;
    for (const match of text.matchAll(pattern)) {
      const at = match.slice(1).findIndex((found) => found !== undefined);
      parts.push(text.slice(from, match.index), named[at]!.at);
      from = match.index + match[0].length;
    }
    return [...parts, text.slice(from)].filter((part) => part !== '');
  };
}

/** A name is no part of a longer word. */
function wholeName(name: string): string {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const [first, last] = [/^[\p{L}\p{N}_]/u, /[\p{L}\p{N}_]$/u].map((word) => word.test(name));
  return `${first ? '(?<![\\p{L}\\p{N}_])' : ''}${escaped}${last ? '(?![\\p{L}\\p{N}_])' : ''}`;
}

/** Stands where a vector comes: it has no say in where a prompt ends. */
const NO_TOKEN = 0;

function groupsOf(
  part: Part,
  of: Pick<ReadHow, 'weighting'> & {
    readonly weight: number;
    readonly tokenizer: ClipTokenizer;
    readonly embeddings: readonly Embedding[];
  },
): readonly Group[] {
  const { weight, weighting, tokenizer, embeddings } = of;
  if (typeof part === 'number') {
    const { count } = embeddings[part]!;
    const slots = Array.from({ length: count }, (_, row) => ({
      ...{ token: NO_TOKEN, weight },
      vector: { embedding: part, row },
    }));
    return [slots];
  }
  const slots = tokenizer.tokens(part).map((token) => ({ token, weight, vector: null }));
  return weighting === 'comfy' ? [slots] : slots.map((slot) => [slot]);
}

function chunkOf(
  slots: Group,
  { length, special: { start, end, padding } }: ClipTokenizer,
  embeddings: readonly Embedding[] = [],
  encoder = 0,
): Chunk {
  const ids = new Int32Array(length).fill(padding);
  ids.set([start, ...slots.map(({ token }) => token), end]);
  const weights = slots.every(({ weight }) => weight === 1) ? null : new Float64Array(length).fill(1);
  const vectors = new Map<number, Float32Array>();
  for (const [i, { weight, vector }] of slots.entries()) {
    if (weights) weights[i + 1] = weight;
    if (vector) vectors.set(i + 1, embeddings[vector.embedding]!.rows(encoder)[vector.row]!);
  }
  return { ids, weights, vectors };
}

/** Whether it is what the whole text always was. */
function isPlain({ ids, vectors }: Chunk, tokenizer: ClipTokenizer, prompt: string): boolean {
  const ever = tokenizer.encode(prompt).ids;
  return vectors.size === 0 && ids.every((id, i) => id === ever[i]);
}

const idsOf = (chunks: readonly Chunk[]) => chunks.map(({ ids }) => [...ids]);

const weightsIn = (chunks: PromptReading['chunks']) =>
  chunks[0]!.map(({ weights }) => (weights ? [...weights] : null));

function signOf({ vector }: Slot, embeddings: readonly Embedding[]): Sign | null {
  return vector && [embeddings[vector.embedding]!.digest, vector.row];
}

function digestOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function textOf(slots: readonly Slot[], tokenizer: ClipTokenizer, embeddings: readonly Embedding[]): string {
  const words: string[] = [];
  let run: number[] = [];
  const flush = () => {
    if (run.length > 0) words.push(tokenizer.decode(run));
    run = [];
  };
  for (const { token, vector } of slots) {
    if (vector === null) run.push(token);
    else {
      flush();
      const [name] = embeddings[vector.embedding]!.names;
      if (words.at(-1) !== name) words.push(name!);
    }
  }
  flush();
  return words.join(' ');
}
