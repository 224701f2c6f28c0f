/** What passes promise is held: by a runner that names the one to blame, and for each that comes with Retake. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import { causalAttention } from '../../src/main/engine/onnx/passes/causal-attention.ts';
import { controlResiduals } from '../../src/main/engine/onnx/passes/control-residuals.ts';
import { deepFeatures } from '../../src/main/engine/onnx/passes/deep-features.ts';
import { float32Io } from '../../src/main/engine/onnx/passes/float-io.ts';
import { fusedAttention } from '../../src/main/engine/onnx/passes/fused-attention.ts';
import { inPlace } from '../../src/main/engine/onnx/passes/in-place.ts';
import { jointAttention } from '../../src/main/engine/onnx/passes/joint-attention.ts';
import { learntWeights } from '../../src/main/engine/onnx/passes/learnt-weights.ts';
import { lowRank } from '../../src/main/engine/onnx/passes/low-rank.ts';
import { applyPasses, type Pass, type Step, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { placedVectors } from '../../src/main/engine/onnx/passes/placed-vectors.ts';
import { prune } from '../../src/main/engine/onnx/passes/prune.ts';
import { referenceAttention } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { shallowPart } from '../../src/main/engine/onnx/passes/shallow-part.ts';
import { takeMean } from '../../src/main/engine/onnx/passes/take-mean.ts';
import { unpackAttention } from '../../src/main/engine/onnx/passes/unpack-attention.ts';
import { widenLate } from '../../src/main/engine/onnx/passes/widen-late.ts';
import { STYLES } from '../helpers/attention.ts';
import { textModel } from '../helpers/onnx.ts';

const apply = (model: Model, ...steps: Step[]) => applyPasses(model, steps, 'the network of a test');
const plain = () => textModel('float32[2] x => float32[2] y\nh = Neg(x)\ny = Neg(h)');

/** A pass for a test: what is left out asks nothing, does nothing, promises nothing. */
function pass<Outcome = null>(id: string, own: Partial<Pass<void, Outcome>> = {}): Pass<void, Outcome> {
  return { id, requires: () => null, run: () => null as Outcome, ensures: () => null, ...own };
}

describe('a list of passes', () => {
  it('is applied in order and gives back what each made', () => {
    const done: string[] = [];
    const one = pass('one', { run: () => done.push('one') });
    const two = pass('two', { run: () => `after ${done.join()}` });
    const outcomes = apply(plain(), step(one), step(two));
    expect(outcomes.of(one)).toBe(1);
    expect(outcomes.of(two)).toBe('after one');
    expect(outcomes.of(pass('three'))).toBeNull();
  });

  it('stops at a pass whose requirement is missing, before it changes anything', () => {
    let ran = false;
    const needy = pass('needy', {
      requires: ({ graph }) => (graph.producer('z') ? null : 'there is no z'),
      run: () => {
        ran = true;
        return null;
      },
    });
    expect(() => apply(plain(), step(needy))).toThrow(
      expect.objectContaining({
        name: 'AppError',
        code: 'bundle-invalid',
        doing: 'preparing the network of a test',
        message: 'the pass needy cannot be applied: there is no z',
      }),
    );
    expect(ran).toBe(false);
  });

  it('names the pass that breaks its promise', () => {
    const liar = pass('liar', { ensures: ({ graph }) => (graph.producer('z') ? null : 'z is not made') });
    expect(() => apply(plain(), step(liar))).toThrow('the pass liar broke its promise: z is not made');
  });

  it('names the pass that breaks the promise of an earlier one, and whose', () => {
    const halve = pass('halve', {
      run: ({ graph }) => {
        graph.inputs[0]!.type = ELEMENT.float16;
        return null;
      },
    });
    expect(() => apply(plain(), step(float32Io), step(pass('idle')), step(halve))).toThrow(
      'the pass halve broke the promise of float-io: x is not float32',
    );
  });

  it('names the pass that leaves a graph which cannot run', () => {
    const cut = pass('cut', {
      run: ({ graph }) => graph.remove(graph.producer('h')!),
    });
    expect(() => apply(plain(), step(cut))).toThrow(
      'the pass cut left a graph that does not run: nothing makes h',
    );
    const last = pass('last', {
      run: ({ graph }) => {
        const late = graph.addNode('Neg', ['x']);
        graph.setInput(graph.producer('y')!, 0, late);
        return null;
      },
    });
    expect(() => apply(plain(), step(last))).toThrow(
      'the pass last left a graph that does not run: its nodes are not in the order in which they run',
    );
  });

  it('blames no pass for what an exporter left', () => {
    const model = plain();
    model.graph.setInput(model.graph.producer('y')!, 0, 'ghost');
    expect(() => apply(model, step(pass('idle')))).not.toThrow();
  });
});

const attention = () => textModel(STYLES['dynamic reshapes']!.text);
const withBanks = () => {
  const model = attention();
  apply(model, step(referenceAttention, { sites: 'all' }));
  return model;
};
const packed = () =>
  textModel(`float32[B, N, 8] x => float32[B, N, 8] y
    float32[8, 24] w
    int64[5] five = {0, 0, 2, 3, 4}
    m = MatMul(x, w)
    qkv = Reshape(m, five)
    y = com.microsoft.MultiHeadAttention<num_heads = 2>(qkv)`);
const turned = () =>
  textModel(`float32[B, 4] x => float32[B, 2] y
    float32[2, 4] w
    t = Transpose<perm = [1, 0]>(w)
    y = MatMul(x, t)`);
const widened = () =>
  textModel(`float32[2, 4] x => float32[2, 4] y
    int64[4] w = {1, 2, 3, 4}
    a = Relu(x)
    wide = Cast<to = 1>(w)
    y = Add(a, wide)`);
const skipping = () =>
  textModel(`float32[B, 4, H, W] x => float32[B, 4, H, W] y
    float32[4, 4, 1, 1] w
    float32[4, 8, 1, 1] up
    a = Conv(x, w)
    b = Conv(a, w)
    both = Concat<axis = 1>(b, a)
    y = Conv(both, up)`);
const unmade = () => {
  const model = plain();
  model.graph.outputs.push({ name: 'ghost', type: ELEMENT.float16, dims: [2] });
  return model;
};

const tokens = () =>
  textModel(`int64[B, T] ids => float32[B, T, 3] y
    float32[5, 3] table
    rows = Gather(table, ids)
    y = Neg(rows)`);

interface Shipped {
  readonly pass: Pass<never, unknown>;
  readonly step: (pass: never) => Step;
  /** A graph that lacks what it requires, and what is said of it; null for a pass that requires nothing. */
  readonly lacking: readonly [graph: () => Model, says: string] | null;
  /** A graph that it must change, what it gives back when it does nothing, and what is said then. */
  readonly idle: readonly [graph: () => Model, outcome: unknown, says: string];
}

const sites = { sites: 'all' } as const;
const standard = { operator: 'Attention' } as const;
const skips = { skips: 1 };
const deep = { value: 'b', type: ELEMENT.float32, channels: 4 };
const cut = { deep, output: 'y', lent: [] };
const deepened = () => {
  const model = skipping();
  apply(model, step(deepFeatures, skips));
  return model;
};
const half = {
  name: 'half',
  dims: [2, 2],
  type: ELEMENT.float32,
  data: { kind: 'bytes', bytes: new Uint8Array(16) },
} as const;
const delta = { kind: 'low-rank', down: half, mid: null, up: half } as const;
const adapters = [{ additions: [{ module: 'conv_in', delta, scale: 1 }], strength: () => 1 }];
const shipped: readonly Shipped[] = [
  {
    pass: float32Io,
    step,
    lacking: [unmade, 'the output ghost is made by no node'],
    idle: [
      () => textModel('float16[2] x => float16[2] y\ny = Neg(x)'),
      { inputs: [], outputs: [] },
      'x is not float32',
    ],
  },
  {
    pass: prune,
    step,
    lacking: [unmade, 'nothing makes the output ghost'],
    idle: [
      () => textModel('float32[2] x => float32[2] y\ny = Neg(x)\ndead = Abs(x) "dead"'),
      { nodes: 0, initializers: 0 },
      'nobody reads dead',
    ],
  },
  {
    pass: takeMean,
    step,
    lacking: [
      () => textModel('float32[2] x => float32[2] y\ny = RandomUniformLike(x)'),
      'it draws random numbers by RandomUniformLike',
    ],
    idle: [
      () => textModel('float32[2] x => float32[2] y\ny = RandomNormalLike(x) "noise"'),
      0,
      'noise still draws',
    ],
  },
  {
    pass: placedVectors,
    step,
    lacking: [
      () => textModel('int64[2] a, int64[2] b => int64[2] y\ny = Add(a, b)'),
      'it has 2 inputs of whole numbers',
    ],
    idle: [tokens, null, 'nobody reads placed_mask'],
  },
  { pass: unpackAttention, step, lacking: null, idle: [packed, 0, 'is still packed'] },
  {
    pass: referenceAttention,
    step: (one) => step<typeof sites, unknown>(one, sites),
    lacking: [packed, 'is packed (unpack-attention comes first)'],
    idle: [attention, [], 'nobody reads ref_self_length'],
  },
  {
    pass: jointAttention,
    step,
    lacking: [attention, 'no attention has a bank (reference-attention comes first)'],
    idle: [withBanks, 0, 'cuts the tokens of one frame'],
  },
  {
    pass: causalAttention,
    step,
    lacking: [attention, 'no attention has a bank (reference-attention comes first)'],
    idle: [withBanks, 1, 'only 0 of 1 attentions read ref_causal_length'],
  },
  {
    pass: learntWeights,
    step: (one) => step<{ rank: number }, unknown>(one, { rank: 0 }),
    lacking: null,
    idle: [attention, [{ input: 'ghost' }], 'nobody reads ghost'],
  },
  {
    pass: controlResiduals,
    step,
    lacking: [plain, 'it has no skip connections'],
    idle: [
      skipping,
      { down: [{ name: 'down', channels: 4 }], middle: { name: 'middle', channels: 4 } },
      'nobody reads down',
    ],
  },
  {
    pass: fusedAttention,
    step: (one) => step<typeof standard, unknown>(one, standard),
    lacking: [attention, 'it is of a version without Attention'],
    idle: [() => textModel(STYLES['dynamic reshapes']!.text, 23), 0, 'is written out'],
  },
  {
    pass: deepFeatures,
    step: (one) => step<typeof skips, unknown>(one, skips),
    lacking: null,
    idle: [skipping, deep, 'deep_features is no output'],
  },
  {
    pass: shallowPart,
    step: (one) => step<typeof cut, unknown>(one, cut),
    lacking: [plain, 'nothing makes b (deep-features comes first)'],
    idle: [deepened, new Set(), 'b is made still'],
  },
  { pass: inPlace, step, lacking: null, idle: [turned, 0, 'still reads a transposed weight'] },
  { pass: widenLate, step, lacking: null, idle: [widened, 1, 'does not stand before all else'] },
  {
    pass: lowRank,
    step: (one) => step<{ adapters: typeof adapters }, unknown>(one, { adapters }),
    lacking: [plain, 'there is no layer conv_in'],
    idle: [
      () =>
        textModel(
          'float32[3, 2] x => float32[3, 2] y\nfloat32[2, 2] w = {1, 0, 0, 1}\ny = MatMul(x, w) "/conv_in/MatMul"',
        ),
      [],
      'an adapter has no strength',
    ],
  },
];

describe('the layers around the depth', () => {
  it('are what the output needs beside what is given, and take and give nothing else', () => {
    const model =
      textModel(`float32[B, 4, H, W] x, float32[B, 4] time, float32[B, 3] text => float32[B, 4, H, W] y
      float32[4, 4, 1, 1] w
      float32[4, 8, 1, 1] up
      float32[4, 8, 1, 1] upper
      float32[3, 3] mix
      int64[2] sides = {2, 3}
      start = Conv(x, w)
      step = Unsqueeze(time, sides)
      down = Add(start, step)
      half = Conv(down, w)
      words = MatMul(text, mix)
      all = ReduceSum<keepdims = 0>(words)
      middle = Mul(half, all)
      both = Concat<axis = 1>(middle, half)
      inner = Conv(both, up)
      outer = Concat<axis = 1>(inner, down)
      y = Conv(outer, upper)`);
    const found = apply(model, step(deepFeatures, skips)).of(deepFeatures)!;
    expect(found).toEqual({ value: 'inner', type: ELEMENT.float32, channels: 4 });
    expect([...model.graph.nodes].map(({ op }) => op)).toContain('ReduceSum');
    const inputs = apply(model, step(shallowPart, { deep: found, output: 'y', lent: [] })).of(shallowPart)!;
    expect([...inputs]).toEqual(['x', 'time', 'deep_given']);
    expect(model.graph.outputs.map(({ name }) => name)).toEqual(['y']);
    expect([...model.graph.initializers.keys()].sort()).toEqual(['sides', 'upper', 'w']);
    expect([...model.graph.nodes].map(({ op }) => op).sort()).toEqual(
      ['Add', 'Concat', 'Conv', 'Conv', 'Unsqueeze'].sort(),
    );
  });

  it('are refused, in words about what was asked, by a network that has none or makes them otherwise', () => {
    const refused = (model: Model) => () => apply(model, step(deepFeatures, skips));
    expect(refused(plain())).toThrow(
      expect.objectContaining({
        code: 'bundle-invalid',
        message: 'nothing of the network can be reused between steps: it has no skip connections',
        hint: expect.stringMatching(/^Set the reuse to 1/),
      }),
    );
    const odd = textModel(`float32[1, 4, H, W] x => float32[1, 8, H, W] y
      a = Softmax<axis = 1>(x)
      b = Softmax<axis = 1>(a)
      y = Concat<axis = 1>(b, a)`);
    expect(refused(odd)).toThrow(/comes from no plain convolution/);
  });
});

describe('the passes that come with Retake', () => {
  const folder = join(import.meta.dirname, '../../src/main/engine/onnx/passes');

  it('are all here, one a file of its name', async () => {
    const found: string[] = [];
    for (const name of readdirSync(folder)) {
      const exported = (await import(join(folder, name))) as Record<string, unknown>;
      const passes = Object.values(exported).filter(
        (value): value is Pass => typeof value === 'object' && value !== null && 'ensures' in value,
      );
      expect(passes.length).toBeLessThanOrEqual(1);
      for (const { id } of passes) {
        expect(`${id}.ts`).toBe(name);
        found.push(id);
      }
    }
    expect(found.sort()).toEqual(shipped.map(({ pass }) => pass.id).sort());
  });

  it('are run by the runner alone', () => {
    const source = join(import.meta.dirname, '../../src');
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const names =
      'float32Io|placedVectors|prune|takeMean|unpackAttention|referenceAttention|jointAttention|causalAttention|learntWeights|inPlace|widenLate|controlResiduals|lowRank|deepFeatures|shallowPart';
    const called = new RegExp(`\\b(${names})\\.run\\(`);
    expect(files.filter((name) => called.test(readFileSync(join(source, name), 'utf8')))).toEqual([]);
  });

  it.each(shipped)('$pass.id refuses a graph that lacks what it counts on', ({ lacking, ...one }) => {
    if (lacking === null) return expect(one.pass.requires(plain(), undefined as never, '')).toBeNull();
    const [graph, says] = lacking;
    expect(() => apply(graph(), one.step(one.pass as never))).toThrow(says);
  });

  it.each(shipped)('$pass.id is caught when it does nothing', ({ idle: [graph, outcome, says], ...one }) => {
    apply(graph(), one.step(one.pass as never));
    const lazy = { ...one.pass, run: () => outcome };
    expect(() => apply(graph(), one.step(lazy as never))).toThrow(
      `the pass ${one.pass.id} broke its promise: `,
    );
    expect(() => apply(graph(), one.step(lazy as never))).toThrow(says);
  });

  it.each(shipped.filter(({ pass }) => pass.id !== 'take-mean' && pass.id !== 'unpack-attention'))(
    '$pass.id keeps the inputs and outputs it found',
    ({ idle: [graph], ...one }) => {
      const drop = pass('drop', { run: ({ graph: { outputs } }) => outputs.shift() });
      expect(() => apply(graph(), one.step(one.pass as never), step(drop))).toThrow(
        new RegExp(`the pass drop broke the promise of ${one.pass.id}`),
      );
    },
  );
});
