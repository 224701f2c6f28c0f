/** Weights, chunks and embeddings on the model that comes with Retake, against arithmetic written out here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Weighting } from '../../src/common/prompts/prompt.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import type { Bundle, OpenBundleOptions } from '../../src/main/engine/models/types.ts';
import { parseModel } from '../../src/main/engine/onnx/serde.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { float32Test, writeSafetensors } from '../helpers/safetensors-files.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { makeLora, writeKohya } from '../helpers/tiny-lora.ts';

const demo = join(import.meta.dirname, '../../resources/demo/bundle');
const SIZE = { width: 64, height: 64 };
const WORDS = 'a red matte ball rolling';
const WEIGHTED = 'a (red:1.4) [matte] ball rolling';

let bundle: Bundle;
beforeAll(async () => {
  bundle = await openBundle(demo, { sites: 'none', provider: 'cpu' });
});
afterAll(() => bundle.close());

const statesOf = async (prompt: string, weighting: Weighting = 'off', of = bundle) =>
  (await of.embed(of.readPrompt(prompt, { weighting }), SIZE)).hidden;

/** Weights of the tokens of WEIGHTED: its words are one token each. */
function weightsOf(tokens: number): number[] {
  const words = [1, 1, 1.4, 1 / 1.1, 1, 1];
  expect(bundle.readPrompt(WORDS).tokens).toBe(words.length - 1);
  return Array.from({ length: tokens }, (_, i) => words[i] ?? 1);
}

describe('the weight of words', () => {
  it("is A1111's, in double precision", async () => {
    const plain = [...(await statesOf(WORDS))];
    const { length } = bundle.readPrompt(WORDS).chunks[0]![0]!.ids;
    const [weights, dim] = [weightsOf(length), plain.length / length];
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const multiplied = plain.map((value, i) => value * weights[Math.floor(i / dim)]!);
    const expected = multiplied.map((value) => (value * mean(plain)) / mean(multiplied));
    const got = await statesOf(WEIGHTED, 'a1111');
    expect(Math.max(...expected.map((value, i) => Math.abs(value - got[i]!)))).toBeLessThan(1e-6);
    expect(mean([...got])).toBeCloseTo(mean(plain), 6);
    expect(Math.max(...plain.map((value, i) => Math.abs(value - got[i]!)))).toBeGreaterThan(0.01);
  });

  it("is ComfyUI's, in double precision", async () => {
    const [plain, empty] = [await statesOf(WORDS), await statesOf('')];
    const got = await statesOf('a (red:1.4) (matte:0.9) ball rolling', 'comfy');
    const { length } = bundle.readPrompt(WORDS).chunks[0]![0]!.ids;
    const dim = plain.length / length;
    const weightAt = (token: number) => [1, 1, 1.4, 0.9][token] ?? 1;
    for (const [i, value] of plain.entries()) {
      const weight = weightAt(Math.floor(i / dim));
      expect(got[i]).toBeCloseTo(empty[i]! + weight * (value - empty[i]!), 5);
    }
    expect(got).not.toEqual(plain);
  });

  it('changes nothing where it is 1, or off, or not there', async () => {
    const plain = await statesOf(WORDS);
    for (const weighting of ['a1111', 'comfy', 'off'] as const)
      expect(await statesOf(WORDS, weighting)).toEqual(plain);
    expect(await statesOf('a (red:1) matte ball rolling', 'a1111')).toEqual(plain);
    expect(await statesOf(WEIGHTED, 'off')).not.toEqual(plain);
  });
});

it('a longer prompt is its chunks, one after the other', async () => {
  // The model reads 24 tokens, two of them start and end.
  const [first, second] = [
    `${'a red matte ball rolling, '.repeat(3)}a green meadow,`,
    'a green meadow, '.repeat(3),
  ];
  const both = await statesOf(`${first} ${second}`, 'a1111');
  expect([...both]).toEqual([...(await statesOf(first)), ...(await statesOf(second))]);
});

/** The rows of "red matte", as "look" and as "<my-look>". */
function look(): string {
  const tokens = [...bundle.tokenize('red matte').ids[0]!.slice(1, 3)];
  const { graph } = parseModel(readFileSync(join(demo, 'text_encoder', 'model.onnx')));
  const table = [...graph.initializers.values()].find(({ name }) => /token_embedding/.test(name))!;
  const width = table.dims[1]!;
  const { bytes } = table.data as { bytes: Uint8Array };
  const all = new Float32Array(Uint8Array.from(bytes).buffer);
  const rows = tokens.flatMap((token) => [...all.subarray(token * width, (token + 1) * width)]);
  return writeSafetensors(join(tempFolder(), 'look.safetensors'), {
    '<my-look>': float32Test([2, width], rows),
  });
}

async function opened(more: Pick<OpenBundleOptions, 'embeddings' | 'loras'>): Promise<Bundle> {
  const other = await openBundle(demo, { sites: 'none', provider: 'cpu', ...more });
  onTestFinished(() => other.close());
  return other;
}

it('an embedding of the rows of words is those words', async () => {
  const taught = await opened({ embeddings: [look()] });
  for (const name of ['look', '<my-look>'])
    expect(await statesOf(`a ${name} ball rolling`, 'a1111', taught)).toEqual(await statesOf(WORDS));
  expect(await statesOf('a (look:1.4) ball rolling', 'a1111', taught)).toEqual(
    await statesOf('a (red matte:1.4) ball rolling', 'a1111'),
  );
  expect(await statesOf(WORDS, 'a1111', taught)).toEqual(await statesOf(WORDS));
});

it('and it is beside a LoRA too', async () => {
  const { model } = loadGraph(join(demo, 'text_encoder', 'model.onnx'), { root: demo });
  const text = makeLora(model.graph, 4, () => 'lora');
  const loras = [
    { path: writeKohya(join(tempFolder(), 'watercolour.safetensors'), { text }), strength: 0.6 },
  ];
  const [adapted, taught] = [await opened({ loras }), await opened({ loras, embeddings: [look()] })];
  const words = await statesOf(WORDS, 'off', adapted);
  expect(words).not.toEqual(await statesOf(WORDS));
  expect(await statesOf('a look ball rolling', 'off', taught)).toEqual(words);
});
