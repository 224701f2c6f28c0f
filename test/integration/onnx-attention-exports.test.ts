/** Attention as quantisers, optimisers and adapters leave it: found, the original with an empty bank, the plain layer with one. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { methods } from '../../src/main/engine/methods/registry.ts';
import { findSelfAttentions, WITHOUT } from '../../src/main/engine/onnx/attention/find.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { SELF_LENGTH } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { unpackAttention } from '../../src/main/engine/onnx/passes/unpack-attention.ts';
import { parseModel, serializeModel } from '../../src/main/engine/onnx/serde.ts';
import { STYLES, type Style } from '../helpers/attention.ts';
import {
  bits,
  floats,
  int64,
  largestDifference,
  noise,
  noiseFeed,
  runOnce,
  textModel,
} from '../helpers/onnx.ts';
import { applied, lend } from '../helpers/passes.ts';

const B = 2;
const N = 6;
const ALL = 2 ** 40;
const HEAD = 'float32[B, N, 8] x => float32[B, N, 8] y';

/** From q, k and v as [B, N, 8] values to y, and what comes before. */
const layer = (before: string, scores = 'p') => `${HEAD}
  ${before}
  int64[4] heads = {0, -1, 2, 4}
  float32[] scale = {0.5}
  q3 = Reshape(q, heads)
  k3 = Reshape(k, heads)
  v3 = Reshape(v, heads)
  q4 = Transpose<perm = [0, 2, 1, 3]>(q3)
  k4 = Transpose<perm = [0, 2, 3, 1]>(k3)
  v4 = Transpose<perm = [0, 2, 1, 3]>(v3)
  s = MatMul(q4, k4)
  scaled = Mul(s, scale)
  p = Softmax<axis = -1>(scaled)
  ${scores === 'p' ? '' : `${scores}q = QuantizeLinear(p, sp, zp)\n  ${scores} = DequantizeLinear(${scores}q, sp, zp)\n  float32[] sp = {0.0079}\n  int8[] zp = {0}`}
  o = MatMul(${scores}, v4)
  ot = Transpose<perm = [0, 2, 1, 3]>(o)
  int64[3] merged = {0, -1, 8}
  y = Reshape(ot, merged)`;

const plain = layer(
  'float32[8, 8] wq\nfloat32[8, 8] wk\nfloat32[8, 8] wv\nq = MatMul(x, wq)\nk = MatMul(x, wk)\nv = MatMul(x, wv)',
);

/** Integer weights of 127 times the plain ones, so that scales of 1/127 give them back. */
const staticQdq = (part: string) => `
  int8[8, 8] w${part}
  int8[] zw${part} = {0}
  ${part}w = DequantizeLinear(w${part}, sw, zw${part})
  ${part}x = DequantizeLinear(xq, sx)
  ${part}0 = MatMul(${part}x, ${part}w)
  ${part}r = QuantizeLinear(${part}0, so, zo)
  ${part} = DequantizeLinear(${part}r, so, zo)`;

const dynamicInt8 = (part: string) => `
  int8[8, 8] w${part}
  int8[] zw${part} = {0}
  ${part}i = MatMulInteger(xi, w${part}, zx, zw${part})
  ${part}f = Cast<to = 1>(${part}i)
  ${part}s = Mul(sx, sw)
  ${part} = Mul(${part}f, ${part}s)`;

const lora = (part: string, more = '') => `
  float32[8, 8] w${part}
  float32[8, 2] a${part}
  float32[2, 8] b${part}
  l0${part} = MatMul(x, w${part})
  l1${part} = MatMul(x, a${part})
  l2${part} = MatMul(l1${part}, b${part})
  float32[] f${part} = {0.7}
  l3${part} = Mul(l2${part}, f${part})
  ${more === '' ? `${part} = Add(l0${part}, l3${part})` : `l4${part} = Add(l3${part}, l0${part})\n${more}`}`;

const secondLora = (part: string) => `
  float32[8, 2] c${part}
  float32[2, 8] d${part}
  l5${part} = MatMul(x, c${part})
  l6${part} = MatMul(l5${part}, d${part})
  ${part} = Add(l4${part}, l6${part})`;

const parts = ['q', 'k', 'v'];
const each = (write: (part: string) => string) => parts.map(write).join('\n');

const EXPORTS: Readonly<Record<string, string>> = {
  'static quantisation (QDQ)': layer(
    `float32[] sx = {0.0079}\nfloat32[] sw = {0.00787402}\nfloat32[] so = {0.02}\nint8[] zo = {0}\nxq = QuantizeLinear(x, sx, zi)\nint8[] zi = {0}${each(staticQdq).replaceAll('DequantizeLinear(xq, sx)', 'DequantizeLinear(xq, sx, zi)')}`,
    'pd',
  ),
  'dynamic int8': layer(
    `float32[] sw = {0.00787402}\nxi, sx, zx = DynamicQuantizeLinear(x)\n${each(dynamicInt8)}`,
  ),
  'dynamic int8, one operator each': layer(
    `float32[] sw = {0.00787402}\n${each((part) => `int8[8, 8] w${part}\nint8[] z${part} = {0}\n${part} = com.microsoft.DynamicQuantizeMatMul(x, w${part}, sw, z${part})`)}`,
  ),
  'an adapter beside each projection (LoRA)': layer(each((part) => lora(part))),
  'two adapters beside each projection': layer(each((part) => lora(part, secondLora(part)))),
  'an adapter beside the keys alone': layer(
    `float32[8, 8] wq\nfloat32[8, 8] wv\nq = MatMul(x, wq)\nv = MatMul(x, wv)\n${lora('k')}`,
  ),
};

const tokens = floats([B, N, 8], noise('tokens', B * N * 8));

function rewritten(text: string) {
  const model = textModel(text);
  const sites = lend(model, { sites: 'all' });
  expect(sites).toHaveLength(1);
  expect(sites[0]).toMatchObject({ channels: 8 });
  return { model, bank: sites[0]!.bank, feature: sites[0]!.feature };
}

async function withBank(
  one: { model: Model; bank: string },
  count: number,
  data: Float32Array,
  self: number,
) {
  const feeds = { x: tokens, [one.bank]: floats([B, count, 8], data), [SELF_LENGTH]: int64([1], self) };
  return (await runOnce(one.model, feeds, ['y'])).y!.data;
}

describe.each(Object.entries(EXPORTS))('%s', (name, text) => {
  it('with an empty bank is the original to the bit', async () => {
    const original = (await runOnce(textModel(text), { x: tokens }, ['y'])).y!.data;
    const made = await withBank(rewritten(text), 0, new Float32Array(0), ALL);
    expect(bits(made).equals(bits(original))).toBe(true);
  });

  it('with its own tokens as bank is the original', async () => {
    const original = (await runOnce(textModel(text), { x: tokens }, ['y'])).y!.data;
    const made = await withBank(rewritten(text), N, tokens.data as Float32Array, 0);
    expect(largestDifference(made, original)).toBeLessThan(1e-5);
  });

  it('with a bank is the plain layer of the same weights', async () => {
    const bank = noise('bank', B * 9 * 8);
    const one = await withBank(rewritten(text), 9, bank, 4);
    const exact = !/int8|QDQ/.test(name);
    const other = await withBank(rewritten(exact ? merged(name) : plain), 9, bank, 4);
    expect(largestDifference(one, other)).toBeLessThan(exact ? 1e-5 : 0.05);
    // The bank matters at all, by far more than rounding.
    expect(
      largestDifference(one, await withBank(rewritten(text), 0, new Float32Array(0), ALL)),
    ).toBeGreaterThan(0.1);
  });
});

/** The plain layer with the adapters' products added to its weights by the graph itself. */
function merged(name: string): string {
  const two = name.startsWith('two');
  const weight = (part: string) => {
    if (name.endsWith('keys alone') && part !== 'k')
      return `float32[8, 8] w${part}\n${part} = MatMul(x, w${part})`;
    const sum = `ab${part} = MatMul(a${part}, b${part})\nfloat32[] f${part} = {0.7}\nabf${part} = Mul(ab${part}, f${part})\nm${part} = Add(w${part}, abf${part})`;
    const more = `float32[8, 2] c${part}\nfloat32[2, 8] d${part}\ncd${part} = MatMul(c${part}, d${part})\nn${part} = Add(m${part}, cd${part})`;
    const all = two ? `${sum}\n${more}` : sum;
    return `float32[8, 8] w${part}\nfloat32[8, 2] a${part}\nfloat32[2, 8] b${part}\n${all}\n${part} = MatMul(x, ${two ? 'n' : 'm'}${part})`;
  };
  return layer(each(weight));
}

describe('packed inputs of one operator', () => {
  const packed = `${HEAD}
    float32[8, 24] w
    m = MatMul(x, w)
    int64[5] five = {0, 0, 2, 3, 4}
    qkv = Reshape(m, five)
    y = com.microsoft.MultiHeadAttention<num_heads = 2, scale = 0.5>(qkv)`;
  const apart = `${HEAD}
    float32[8, 24] w
    m = MatMul(x, w)
    int64[5] five = {0, 0, 2, 3, 4}
    int64[] i0 = {0}
    int64[] i1 = {1}
    int64[] i2 = {2}
    qkv = Reshape(m, five)
    int64[3] flat = {0, 0, -1}
    a0 = Gather<axis = 3>(qkv, i0)
    a1 = Gather<axis = 3>(qkv, i1)
    a2 = Gather<axis = 3>(qkv, i2)
    q = Reshape(a0, flat)
    k = Reshape(a1, flat)
    v = Reshape(a2, flat)
    y = com.microsoft.MultiHeadAttention<num_heads = 2, scale = 0.5>(q, k, v)`;

  it('is the same with three inputs', async () => {
    const one = rewritten(packed);
    const other = rewritten(apart);
    const bank = noise('bank', B * 5 * 8);
    for (const [count, self] of [
      [0, ALL],
      [5, 0],
      [5, 3],
    ] as const) {
      const data = bank.subarray(0, B * count * 8);
      expect(await withBank(one, count, data, self)).toEqual(await withBank(other, count, data, self));
    }
  });

  it('leaves cross-attention with packed keys and values alone, and runs', async () => {
    const cross = textModel(`float32[B, N, 8] x, float32[B, T, 8] text => float32[B, N, 8] y
      float32[8, 8] wq
      float32[8, 16] w
      q = MatMul(x, wq)
      m = MatMul(text, w)
      int64[5] five = {0, 0, 2, 2, 4}
      kv = Reshape(m, five)
      y = com.microsoft.MultiHeadAttention<num_heads = 2, scale = 0.5>(q, kv)`);
    expect(findSelfAttentions(cross.graph, 'all', 'testing')).toEqual([]);
    expect(applied(cross, unpackAttention)).toBe(1);
    expect(findSelfAttentions(cross.graph, 'all', 'testing')).toEqual([]);
    const { y } = await runOnce(cross, { x: tokens, text: noiseFeed('text', [B, 4, 8]) }, ['y']);
    expect(y!.dims).toEqual([B, N, 8]);
  });
});

/** The graph as onnxruntime saves it after its own optimisation. */
async function optimised(
  text: string,
  opset: number | undefined,
  level: 'basic' | 'extended',
): Promise<Model> {
  const folder = mkdtempSync(join(tmpdir(), 'retake-optimised-'));
  try {
    const file = join(folder, 'model.onnx');
    const options = {
      graphOptimizationLevel: level,
      optimizedModelFilePath: file,
      logSeverityLevel: 3,
    } as const;
    // After the door to it, which sees to it that it keeps to itself.
    const { InferenceSession } = await import('onnxruntime-node');
    const session = await InferenceSession.create(serializeModel(textModel(text, opset)), options);
    await session.release();
    return parseModel(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const all = [
  ...Object.entries(STYLES).filter(([, { spatial }]) => !spatial),
  ...Object.entries(EXPORTS).map(([name, text]) => [name, { text } as Style] as const),
];

describe.each(['basic', 'extended'] as const)('saved by onnxruntime, %s', (level) => {
  it.each(all)('%s', async (name, { text, opset }) => {
    const [plainSaved, model] = [await optimised(text, opset, level), await optimised(text, opset, level)];
    if (name.includes('QDQ') && level === 'extended') {
      // Every operator is an integer one by now; such a file is refused with what can be done at once.
      const refused = expect.objectContaining({ hint: expect.stringContaining(WITHOUT) });
      expect(() => lend(model, { sites: 'all' })).toThrow(refused);
      return;
    }
    const sites = lend(model, { sites: 'all' });
    expect(sites, name).toHaveLength(1);
    const original = (await runOnce(plainSaved, { x: tokens }, ['y'])).y!.data;
    const one = { model, bank: sites[0]!.bank };
    expect(largestDifference(await withBank(one, 0, new Float32Array(0), ALL), original)).toBeLessThan(1e-6);
    const twice = new Float32Array(B * 10 * 8);
    const bank = noise('bank', B * 5 * 8);
    for (let b = 0; b < B; b++)
      for (const at of [0, 5]) twice.set(bank.subarray(b * 40, (b + 1) * 40), (b * 10 + at) * 8);
    const doubled = await withBank(one, 10, twice, 0);
    // Halved shares are rounded anew where they are quantised.
    const rounding = name.includes('QDQ') ? 0.03 : 1e-5;
    expect(largestDifference(await withBank(one, 5, bank, 0), doubled)).toBeLessThan(rounding);
  });
});

it('what cannot be found is refused with methods that need none', () => {
  const odd = plain.replace('k = MatMul(x, wk)', 'k0 = MatMul(x, wk)\n  k = Relu(k0)');
  let said: unknown;
  try {
    lend(textModel(odd), { sites: 'all' });
  } catch (error) {
    said = error;
  }
  expect(said).toMatchObject({ code: 'bundle-invalid', hint: expect.stringContaining(WITHOUT) });
  const named = methods.list.filter(({ id }) => WITHOUT.includes(id));
  expect(named.map(({ id }) => id).sort()).toEqual(
    methods.list
      .filter(({ sites }) => sites === 'none')
      .map(({ id }) => id)
      .sort(),
  );
});
