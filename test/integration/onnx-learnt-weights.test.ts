/** Weights as inputs: fed with the network's own they change nothing, fed with others the network is that with the others in its file. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LearntWeights } from '../../src/main/engine/models/learnt.ts';
import { createSession, type Feed } from '../../src/main/engine/onnx/ort.ts';
import { CAUSAL_LENGTH } from '../../src/main/engine/onnx/passes/causal-attention.ts';
import { float32Io } from '../../src/main/engine/onnx/passes/float-io.ts';
import { type FusedOperator, fuse } from '../../src/main/engine/onnx/passes/fused-attention.ts';
import { learntWeights } from '../../src/main/engine/onnx/passes/learnt-weights.ts';
import { lendAttention } from '../../src/main/engine/onnx/passes/lend-attention.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { referenceAttention, SELF_LENGTH } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { type LoadedGraph, loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { BATCH, CHANNELS, STYLES, TOKENS } from '../helpers/attention.ts';
import { largestDifference, noiseFeed, textModel } from '../helpers/onnx.ts';

const demo = resolve(import.meta.dirname, '../../resources/demo/bundle');
const load = () => loadGraph(resolve(demo, 'unet/model.onnx'), { root: demo });
const wave = (length: number, by: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * by));

/** Of the demo model, at 8×8. */
const LATENT = 12 * 64;
const ALL = 2n ** 31n;
const length = (value: bigint): Feed => ({ type: 'int64', data: BigInt64Array.of(value), dims: [1] });

interface Asked {
  readonly rank?: number | null;
  readonly fused?: FusedOperator;
}

/** The demo's UNet for three frames, which attend to themselves or causally. */
async function answerer(loaded: LoadedGraph, { rank = null, fused }: Asked) {
  const learning = rank !== null;
  const outcomes = applyPasses(
    loaded.model,
    [
      ...fuse(fused ?? null),
      ...lendAttention({ sites: 'all', learnt: learning ? { rank } : null }),
      step(float32Io),
    ],
    'the UNet',
  );
  const learnt = new LearntWeights(outcomes.of(learntWeights) ?? [], loaded.folder);
  const sites = outcomes.of(referenceAttention)!;
  const session = await createSession(loaded.model, {
    folder: loaded.folder,
    provider: 'cpu',
    label: 'the UNet',
  });
  const frames = 3;
  const dim = Number(session.inputs.find(({ name }) => name === 'encoder_hidden_states')!.dims[2]) || 32;
  const text = wave(5 * dim, 0.11);
  const ask = async (
    sample: Float32Array,
    banks: (channels: number) => Feed,
    self: bigint,
    causal: bigint,
  ) => {
    const rows = sample.length / LATENT;
    const feeds: Record<string, Feed> = {
      sample: { type: 'float32', data: sample, dims: [rows, 12, 8, 8] },
      timestep: { type: 'int64', data: BigInt64Array.of(401n), dims: [] },
      encoder_hidden_states: {
        type: 'float32',
        data: Float32Array.from({ length: rows * text.length }, (_, i) => text[i % text.length]!),
        dims: [rows, 5, dim],
      },
      [SELF_LENGTH]: length(self),
      ...(learning && { [CAUSAL_LENGTH]: length(causal), ...learnt.feeds() }),
    };
    for (const { bank, channels } of sites) feeds[bank] = banks(channels);
    return session.run(feeds, ['out_sample', ...sites.map(({ feature }) => feature)]);
  };
  const none =
    (rows: number) =>
    (channels: number): Feed => ({ type: 'float32', data: new Float32Array(0), dims: [rows, 0, channels] });
  const sample = wave(frames * LATENT, 0.37);
  return {
    learnt,
    plain: async () => (await ask(sample, none(frames), ALL, 0n)).out_sample!.data,
    causal: async () => (await ask(sample, none(frames), 0n, ALL)).out_sample!.data,
    release: () => session.release(),
  };
}

describe('the weights of the demo model as inputs', () => {
  it.each([
    { rank: 0, fused: undefined },
    { rank: 2, fused: undefined },
    { rank: 0, fused: 'MultiHeadAttention' },
  ] as const)('change nothing as they lie in the file: %o', async ({ rank, ...how }) => {
    const as = await answerer(load(), { ...how });
    const given = await answerer(load(), { rank, ...how });
    expect(given.learnt.inputs.length).toBeGreaterThan(0);
    // A product whose weight is not known beforehand is added up in another order.
    expect(largestDifference(await given.plain(), await as.plain())).toBeLessThan(1e-5);
    await as.release();
    await given.release();
  });

  it('are named after their modules, queries of both kinds of attention and nothing else', async () => {
    const { learnt, release } = await answerer(load(), { rank: 0 });
    const names = learnt.inputs.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/transformer_blocks\.0\.attn[12]\.to_q\.weight$/);
    expect(names.filter((name) => name.includes('attn1')).length).toBe(names.length / 2);
    await release();
  });

  it('are the same function as full weights and as factors whose product is what they differ by', async () => {
    const factors = await answerer(load(), { rank: 2 });
    let at = 0;
    const whole = await answerer(load(), { rank: 0 });
    const begun = factors.learnt.initial((index) => () => Math.sin(++at + index));
    const changed = whole.learnt.initial(() => () => 0);
    for (const { name, dims, module } of whole.learnt.inputs) {
      const [rows, columns] = dims;
      const [down, up] = [begun.get(`${module}.down`)!, wave(rows * 2, 0.7)];
      begun.set(`${module}.up`, up);
      const weight = changed.get(name)!;
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          for (let r = 0; r < 2; r++)
            weight[row * columns + column]! += up[row * 2 + r]! * down[r * columns + column]!;
    }
    const before = await whole.plain();
    whole.learnt.use(changed);
    factors.learnt.use(begun);
    const [one, other] = [await whole.plain(), await factors.plain()];
    expect(largestDifference(one, before)).toBeGreaterThan(1e-2);
    expect(largestDifference(one, other)).toBeLessThan(5e-5);
    await whole.release();
    await factors.release();
  });

  it('leave attention as it is where none is causal, and else make it read the first frame and the one before', async () => {
    const { plain, causal, release } = await answerer(load(), { rank: 0 });
    const [one, other] = [await plain(), await causal()];
    // The first frame reads itself twice, which is itself.
    expect(largestDifference(one.slice(0, LATENT), other.slice(0, LATENT))).toBeLessThan(5e-6);
    for (const frame of [1, 2]) {
      const of = (all: Float32Array) => all.slice(frame * LATENT, (frame + 1) * LATENT);
      expect(largestDifference(of(one), of(other))).toBeGreaterThan(1e-3);
    }
    await release();
  });
});

/** Styles whose queries have no layer of their own, and what is said then. */
const APART: Readonly<Record<string, RegExp>> = {
  'fused projection, split': /share a projection with its keys/,
  'fused projection, gathered': /share a projection with its keys/,
  'one operator with its projections': /fused with its projections/,
  'convolutions over an image': /made by a convolution/,
};

describe('self-attention in every dialect', () => {
  it.each(Object.entries(STYLES))(
    '%s: its queries are learnt, or refused with a reason',
    async (name, style) => {
      const outside = APART[name];
      const model = textModel(style.text, style.opset);
      const dims = style.spatial ? [BATCH, CHANNELS, 3, 2] : [BATCH, TOKENS, CHANNELS];
      const run = async (of: typeof model, more: Readonly<Record<string, Feed>> = {}) => {
        const session = await createSession(of, { provider: 'cpu', label: 'a layer' });
        const made = await session.run({ x: noiseFeed('x', dims), ...more }, ['y']);
        await session.release();
        return made.y!.data;
      };
      const before = await run(model);
      const learn = () =>
        applyPasses(model, [step(learntWeights, { rank: 0 })], 'a layer').of(learntWeights)!;
      if (outside) return expect(learn).toThrow(outside);
      const learnt = new LearntWeights(learn(), '/');
      expect(learnt.inputs.map((one) => one.name)).toEqual(['attentions.0.to_q.weight']);
      expect(largestDifference(await run(model, learnt.feeds()), before)).toBeLessThan(2e-6);
    },
  );
});
