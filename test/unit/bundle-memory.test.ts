/** What weights take once a session is open, by how it is opened. */
import { expect, it } from 'vitest';
import type { Foretold } from '../../src/main/engine/models/memory/foretold.ts';
import { usualMemory } from '../../src/main/engine/models/memory/usual.ts';
import { weightMemory } from '../../src/main/engine/models/memory/weights.ts';
import { parseText } from '../../src/main/engine/onnx/ir/text.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';

const TEXT = `int64[B] ids, float32[B, 64] x => float32[B, 64] y, float32[B, 64] z
  float32[1000, 64] table
  float32[64, 64] w
  float32[64, 64] turned
  y0 = Gather(table, ids)
  y = Identity(y0)
  a = MatMul(x, w)
  t = Transpose<perm = [1, 0]>(turned)
  z = MatMul(a, t)`;
const graphOf = () => parseText(TEXT, { fill: (_, count) => new Float32Array(count) }).graph;
const MATRIX = 64 * 64 * 4;
const TABLE = 1000 * 64 * 4;

it('matrices are laid out anew, tables are read where they lie; with little memory all are', () => {
  expect(weightMemory(graphOf(), {})).toEqual({ own: 2 * MATRIX, mapped: TABLE });
  expect(weightMemory(graphOf(), { lowMemory: true })).toEqual({ own: 0, mapped: 2 * MATRIX + TABLE });
});

it('filters of convolutions are copied into blocks, or read where they lie', () => {
  const text = `float32[B, 8, H, W] x => float32[B, 8, H, W] y
    float32[8, 8, 3, 3] w
    y = Conv<pads = [1, 1, 1, 1]>(x, w)`;
  const { graph } = parseText(text, { fill: (_, count) => new Float32Array(count) });
  const filters = 8 * 8 * 3 * 3 * 4;
  expect(weightMemory(graph, {})).toEqual({ own: filters, mapped: 0 });
  expect(weightMemory(graph, { plainConvolutions: true })).toEqual({ own: 0, mapped: filters });
});

it('half precision is widened when it is loaded, or stays in its file', () => {
  const graph = graphOf();
  for (const [name, tensor] of graph.initializers) {
    const bytes = new Uint8Array(2 * tensor.dims.reduce((all, dim) => all * dim, 1));
    graph.initializers.set(name, { ...tensor, type: ELEMENT.float16, data: { kind: 'bytes', bytes } });
  }
  expect(weightMemory(graph, {})).toEqual({ own: 2 * MATRIX + TABLE, mapped: 0 });
  expect(weightMemory(graph, { keepHalf: true })).toEqual({ own: 0, mapped: MATRIX + TABLE / 2 });
});

it('a model nobody edits with yet is told by a guided edit at its size and at smaller ones', async () => {
  const foretell = async ({ height, width }: { height: number; width: number }): Promise<Foretold> => ({
    ...{ unet: 3e9, controlNets: 0, vaeEncoder: 4e8, vaeDecoder: 1e9, vaeSteadyDecoder: 1e9 },
    ...{ text: 5e8, features: 0, deep: 0 },
    calls: (calls) => calls.length * height * width * 1000,
    shallow: () => 0,
    recorded: () => ({ weights: 0, values: 0 }),
    recordedPicture: () => ({ weights: 0, values: 0 }),
    vaeWeights: { encoder: 0, decoder: 0 },
  });
  const at = { nativeSize: 512, grid: 64, factor: 8, channels: 4 };
  const { weights, sizes } = await usualMemory(foretell, at);
  expect(weights).toBe(3e9);
  expect(sizes.map(({ side }) => side)).toEqual([512, 384, 256]);
  // Of the small one frames are inverted beside both halves of the VAE.
  expect(sizes.map(({ bytes }) => bytes - 200e6)).toEqual([
    ...[64, 48, 32].map((side) => 3e9 + Math.max(1.4e9 + side * side * 1000, 3 * side * side * 1000)),
  ]);
});
