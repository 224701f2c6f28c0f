/** Whether a provider computes attention as one operator, and makes what products and softmax make. Tried once for a process. */
import { AppError } from '../../../common/errors.ts';
import { parseText } from '../onnx/ir/text.ts';
import { createSession, type Feed, type Provider } from '../onnx/ort.ts';
import type { FusedOperator } from '../onnx/passes/fused-attention.ts';

export interface Heads {
  readonly heads: number;
  /** Of one. */
  readonly width: number;
}

/** The operator that works, or why none does. */
export type FusedTrial =
  | { readonly operator: FusedOperator; readonly why: null }
  | { readonly operator: null; readonly why: string };

/** Largest difference of what it makes of numbers around one. */
const TOLERANCE = 1e-4;
/** More than kernels take at a time. */
const QUERIES = 96;
const KEYS = 2304;

const known = new Map<string, Promise<FusedTrial>>();

/** @param standard whether the network may hold the standard's operator as well */
export async function tryFused(
  provider: Provider,
  kinds: readonly Heads[],
  standard: boolean,
): Promise<FusedTrial> {
  const operators: readonly FusedOperator[] = [
    'MultiHeadAttention',
    ...(standard ? ['Attention' as const] : []),
  ];
  let why = 'it has no such attention';
  for (const operator of operators) {
    const failed = await firstFailure(provider, operator, kinds);
    if (failed === null) return { operator, why: null };
    why = failed;
  }
  return { operator: null, why };
}

async function firstFailure(
  provider: Provider,
  operator: FusedOperator,
  kinds: readonly Heads[],
): Promise<string | null> {
  for (const kind of kinds) {
    const key = JSON.stringify([provider, operator, kind.heads, kind.width]);
    const trial = known.get(key) ?? tried(provider, operator, kind);
    known.set(key, trial);
    const { why } = await trial;
    if (why !== null) return why;
  }
  return null;
}

async function tried(provider: Provider, operator: FusedOperator, kind: Heads): Promise<FusedTrial> {
  try {
    const [made, expected] = [await runFused(provider, operator, kind), await runWrittenOut(provider, kind)];
    const apart = made.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
    // NaN is no agreement either.
    if (apart < TOLERANCE) return { operator, why: null };
    return { operator: null, why: `${provider} computes it otherwise, by ${apart.toPrecision(1)}` };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { operator: null, why: `${provider} cannot: ${error.message}` };
  }
}

const inputs = (channels: number) =>
  ['q', 'k', 'v'].map((name) => `float32[B, ${name.toUpperCase()}, ${channels}] ${name}`).join(', ');

async function runFused(provider: Provider, operator: FusedOperator, kind: Heads): Promise<Float32Array> {
  const { heads, width } = kind;
  const counted =
    operator === 'Attention' ? `q_num_heads = ${heads}, kv_num_heads = ${heads}` : `num_heads = ${heads}`;
  const name = operator === 'Attention' ? operator : `com.microsoft.${operator}`;
  const text = `${inputs(heads * width)} => float32[B, Q, ${heads * width}] y
    y = ${name}<${counted}, scale = ${scaleOf(kind)}>(q, k, v)`;
  // What falls back to the processor is not the provider's.
  return run(provider, text, kind, { opset: 23, alone: provider !== 'cpu' });
}

function runWrittenOut(provider: Provider, kind: Heads): Promise<Float32Array> {
  const { heads, width } = kind;
  const text = `${inputs(heads * width)} => float32[B, Q, ${heads * width}] y
    int64[4] heads = {0, -1, ${heads}, ${width}}
    int64[3] merged = {0, -1, ${heads * width}}
    float32[] scale = {${scaleOf(kind)}}
    q3 = Reshape(q, heads)
    k3 = Reshape(k, heads)
    v3 = Reshape(v, heads)
    q4 = Transpose<perm = [0, 2, 1, 3]>(q3)
    k4 = Transpose<perm = [0, 2, 3, 1]>(k3)
    v4 = Transpose<perm = [0, 2, 1, 3]>(v3)
    s = MatMul(q4, k4)
    scaled = Mul(s, scale)
    p = Softmax<axis = -1>(scaled)
    o = MatMul(p, v4)
    ot = Transpose<perm = [0, 2, 1, 3]>(o)
    y = Reshape(ot, merged)`;
  return run(provider, text, kind, { opset: 17, alone: false });
}

/** As text, with a point. */
function scaleOf({ width }: Heads): string {
  return (1 / Math.sqrt(width)).toFixed(9);
}

async function run(
  provider: Provider,
  text: string,
  { heads, width }: Heads,
  { opset, alone }: { readonly opset: number; readonly alone: boolean },
): Promise<Float32Array> {
  const label = 'the trial of attention';
  const session = await createSession(parseText(text, { opset }), { provider, label, alone });
  try {
    const feed = (tokens: number, seed: number): Feed => ({
      type: 'float32',
      data: uniform(tokens * heads * width, seed),
      dims: [1, tokens, heads * width],
    });
    const { y } = await session.run({ q: feed(QUERIES, 1), k: feed(KEYS, 2), v: feed(KEYS, 3) }, ['y']);
    return y!.data;
  } finally {
    await session.release();
  }
}

/** In ±√3: of unit variance. The generator of Numerical Recipes. */
function uniform(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * Math.sqrt(3);
  });
}
