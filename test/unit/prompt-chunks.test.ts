/** Long prompts are parted as A1111 and ComfyUI part them, weighted as they weight them; short ones are what they always were. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolated, multiplied } from '../../src/main/engine/models/prompt/emphasis.ts';
import { type Embedding, promptReader, type ReadHow } from '../../src/main/engine/models/prompt/reader.ts';
import { END, START, wordTokenizer } from '../helpers/word-tokenizer.ts';

const ROOM = 75;
const tokenizer = wordTokenizer();

function embedding(names: readonly string[], count: number): Embedding {
  const rows = Array.from({ length: count }, (_, row) => Float32Array.of(row, -row));
  return {
    names,
    path: `/${names[0]}.safetensors`,
    digest: `digest of ${names[0]}`,
    count,
    rows: () => rows,
  };
}

const toy = embedding(['toy', '<my-toy>'], 3);
const huge = embedding(['huge'], 100);
const read = promptReader({ tokenizers: [tokenizer], single: false, embeddings: [toy, huge] });
const single = promptReader({ tokenizers: [tokenizer], single: true, embeddings: [toy, huge] });
const A1111: ReadHow = { weighting: 'a1111' };
const COMFY: ReadHow = { weighting: 'comfy' };
const OFF: ReadHow = { weighting: 'off' };

/** The words of each chunk; _ stands for a vector. */
function chunksOf(prompt: string, how: ReadHow, reader = read): string[] {
  return reader(prompt, how).chunks[0]!.map(({ ids, vectors }) => {
    expect(ids).toHaveLength(ROOM + 2);
    expect(ids[0]).toBe(START);
    const end = ids.indexOf(END);
    return Array.from(ids.slice(1, end), (id, i) => (vectors.has(i + 1) ? '_' : tokenizer.decode([id]))).join(
      ' ',
    );
  });
}
const words = (count: number, word = 'w') => Array.from({ length: count }, (_, i) => `${word}${i}`).join(' ');

describe('a prompt that fits', () => {
  it.each([A1111, COMFY, OFF])('is what it always was: %o', (how) => {
    for (const prompt of ['', 'a red car', words(ROOM), '  red,  car ']) {
      const reading = read(prompt, how);
      expect(reading.chunks[0]!.map(({ ids }) => ids)).toEqual([tokenizer.encode(prompt).ids]);
      expect(reading).toMatchObject({ digest: null, calls: 1, cut: null, embeddings: [] });
    }
  });

  it('is told apart from its plain text by what is read differently, and by nothing else', () => {
    const digest = (prompt: string, how: ReadHow) => read(prompt, how).digest;
    expect(digest('a (red) car', OFF)).toBeNull();
    expect(digest('a (red) car', A1111)).not.toBeNull();
    expect(digest('a (red) car', A1111)).not.toBe(digest('a (red) car', COMFY));
    expect(digest('a (red) car', A1111)).not.toBe(digest('a (red:1.2) car', A1111));
    expect(digest('a \\(red\\) car', A1111)).not.toBeNull();
    expect(digest('a car', { ...A1111, chunks: 2 })).not.toBeNull();
    // A weight of 1 weighs nothing, but the words are tokenized apart.
    expect(read('a (red:1) car', A1111).chunks[0]![0]!.weights).toBeNull();
  });
});

describe('a longer prompt', () => {
  it('goes on in the next chunk', () => {
    for (const how of [A1111, COMFY, OFF])
      expect(chunksOf(words(160), how)).toEqual([
        words(ROOM),
        words(150).split(' ').slice(ROOM).join(' '),
        words(160).split(' ').slice(150).join(' '),
      ]);
  });

  it('is parted behind the last comma of the last twenty tokens', () => {
    const [head, tail] = [`${words(60)} ,`, words(30, 'x')];
    expect(chunksOf(`${head} ${tail}`, A1111)).toEqual([head, tail]);
    expect(chunksOf(`${head} ${tail}`, COMFY)[0]!.split(' ')).toHaveLength(ROOM);
    // The comma is the 56th of 75 tokens: 20 back. One more is too far.
    expect(chunksOf(`${words(55)} , ${tail}`, A1111)[0]).toBe(`${words(55)} ,`);
    expect(chunksOf(`${words(54)} , ${tail}`, A1111)[0]!.split(' ')).toHaveLength(ROOM);
  });

  it('is not parted before a comma that comes when it is full', () => {
    expect(chunksOf(`${words(70)} , ${words(4, 'x')} , y`, A1111)).toEqual([
      `${words(70)} , ${words(4, 'x')}`,
      ', y',
    ]);
  });

  it('ends a chunk at BREAK', () => {
    expect(chunksOf('a red car BREAK snow', A1111)).toEqual(['a red car', 'snow']);
    expect(chunksOf('a red car BREAK', A1111)).toEqual(['a red car']);
    expect(chunksOf('a BREAK b', COMFY)).toEqual(['a break b']);
  });

  it('moves a few words of one weight together, as ComfyUI does', () => {
    const stressed = (count: number) => `${words(72)} (${words(count, 's')}:1.3) end`;
    expect(chunksOf(stressed(7), COMFY)).toEqual([words(72), `${words(7, 's')} end`]);
    expect(chunksOf(stressed(8), COMFY)).toEqual([`${words(72)} s0 s1 s2`, 's3 s4 s5 s6 s7 end']);
  });

  it('is as long as it is asked to be at least, by chunks of the empty prompt', () => {
    const { chunks, calls } = read('a car', { ...A1111, chunks: 3 });
    expect(chunks[0]!.map(({ ids }) => ids)).toEqual(
      ['a car', '', ''].map((text) => tokenizer.encode(text).ids),
    );
    expect(calls).toBe(2);
    expect(read(words(80), { ...A1111, chunks: 1 }).chunks[0]).toHaveLength(2);
  });

  it('is cut where the network takes one chunk, and what is cut is told', () => {
    const reading = single(words(80), A1111);
    expect(reading.chunks[0]!.map(({ ids }) => ids)).toEqual([tokenizer.encode(words(80)).ids]);
    expect(reading).toMatchObject({ digest: null, cut: 'w75 w76 w77 w78 w79' });
    expect(single(`a BREAK ${words(60)} , ${words(20, 'x')}`, A1111).cut).toBe('x13 x14 x15 x16 x17 x18 x19');
    expect(single(`${words(74)} toy end`, OFF).cut).toBe('toy end');
    expect(read(words(80), A1111).cut).toBeNull();
  });

  it('loses no word, whatever is typed', () => {
    const typed = fc
      .array(
        fc.constantFrom('red', 'car', ',', '(snow:1.2)', '[old]', 'BREAK', 'toy', '(a b c d e f g h i:0.5)'),
        {
          maxLength: 120,
        },
      )
      .map((parts) => parts.join(' '));
    fc.assert(
      fc.property(typed, fc.constantFrom(A1111, COMFY, OFF), (prompt, how) => {
        const { chunks, tokens } = read(prompt, how);
        const held = chunks[0]!.map(({ ids }) => ids.indexOf(END) - 1);
        expect(held.every((count) => count <= ROOM)).toBe(true);
        expect(held.reduce((sum, count) => sum + count, 0)).toBe(tokens);
        const typedWords = how === A1111 ? prompt.replaceAll('BREAK', '') : prompt;
        if (how !== OFF) {
          const bare = typedWords.replace(/[()]|:[\d.]+/g, ' ').replace(how === A1111 ? /[[\]]/g : /$^/, ' ');
          const vectors = [...bare.matchAll(/toy/g)].length * toy.count;
          expect(tokens).toBe(tokenizer.tokens(bare.replaceAll('toy', ' ')).length + vectors);
        }
      }),
    );
  });
});

describe('an embedding', () => {
  it('stands in the place of its name, by file or token, in any case, with or without its prefix', () => {
    for (const name of ['toy', 'TOY', '<my-toy>', '<My-Toy>', 'embedding:toy', 'embedding:toy.safetensors'])
      expect(chunksOf(`a photo of ${name}, on grass`, A1111)).toEqual(['a photo of _ _ _ , on grass']);
    expect(chunksOf('a toyshop, mytoy, toy_2, to', A1111)[0]).not.toContain('_ ');
  });

  it('puts its vectors one after the other, with the weight of its words', () => {
    const [chunk] = read('a (toy:1.4) car', A1111).chunks[0]!;
    expect([...chunk!.vectors.keys()]).toEqual([2, 3, 4]);
    expect([...chunk!.vectors.values()]).toEqual([0, 1, 2].map((row) => toy.rows(0)[row]));
    expect([...chunk!.weights!.slice(0, 7)]).toEqual([1, 1, 1.4, 1.4, 1.4, 1, 1]);
    expect(read('a toy', A1111).embeddings).toEqual([0]);
  });

  it('goes into the next chunk where it does not fit, and is cut where a chunk is smaller', () => {
    expect(chunksOf(`${words(73)} toy end`, A1111)).toEqual([words(73), '_ _ _ end']);
    expect(chunksOf(`${words(73)} huge`, A1111)[1]).toBe(Array(ROOM).fill('_').join(' '));
    expect(chunksOf('huge end', COMFY)).toEqual([
      Array(ROOM).fill('_').join(' '),
      `${Array(25).fill('_').join(' ')} end`,
    ]);
    expect(chunksOf(`${words(73)} toy`, A1111, single)).toEqual([`${words(73)} _ _`]);
  });

  it('is in the digest, and no other is', () => {
    const other = { ...toy, digest: 'another' };
    const readers = [[toy], [other], [toy, huge]].map((embeddings) =>
      promptReader({ tokenizers: [tokenizer], single: false, embeddings }),
    );
    const [a, b, c] = readers.map((reader) => reader('a toy', OFF).digest);
    expect(a).not.toBe(b);
    expect(a).toBe(c);
    for (const reader of readers) expect(reader('a car', OFF).digest).toBeNull();
  });
});

describe('two text encoders', () => {
  it('agree on chunks, and pad as each is used to', () => {
    const [first, second] = [wordTokenizer(), wordTokenizer(77, 0)];
    const both = promptReader({ tokenizers: [first, second], single: false, embeddings: [] });
    const { chunks, empty } = both(`${words(80)}, (x:2)`, A1111);
    expect(chunks.map((one) => one.length)).toEqual([2, 2]);
    expect(chunks[1]![1]!.ids.at(-1)).toBe(0);
    expect(chunks[0]![1]!.ids.at(-1)).toBe(END);
    expect(chunks[0]![1]!.weights).toEqual(chunks[1]![1]!.weights);
    expect(empty.map(({ ids }) => ids.at(-1))).toEqual([END, 0]);
  });
});

/** Two tokens of three numbers. */
const HIDDEN = Float32Array.of(1, 2, 3, -1, 0.5, 4);

describe('the weight of a word', () => {
  it('multiplies its state, and the mean comes back, as in A1111', () => {
    // 1 2 3 -2 1 8: the sum was 9.5 and is 13.
    const expected = [1, 2, 3, -2, 1, 8].map((value) => Math.fround((value * 9.5) / 13));
    expect([...multiplied(HIDDEN, Float64Array.of(1, 2))]).toEqual(expected);
  });

  it('leaves the states where they have no mean to bring back', () => {
    expect([...multiplied(Float32Array.of(1, -1, 2, -2), Float64Array.of(1, 3))]).toEqual([1, -1, 6, -6]);
    expect([...multiplied(HIDDEN, Float64Array.of(0, 0))]).toEqual([0, 0, 0, -0, 0, 0]);
  });

  it('goes from the empty prompt to the word and on, as in ComfyUI', () => {
    const empty = Float32Array.of(9, 9, 9, 1, 1, 1);
    const expected = [1, 2, 3, ...[-1, 0.5, 4].map((value) => (value - 1) * 1.3 + 1)].map(Math.fround);
    expect([...interpolated(HIDDEN, empty, Float64Array.of(1, 1.3))]).toEqual(expected);
    expect([...interpolated(HIDDEN, empty, Float64Array.of(1, 0))]).toEqual([1, 2, 3, 1, 1, 1]);
  });
});
