/** Whether a provider computes attention as one operator, and makes what products and softmax make. Tried once for a process. */
import { AppError } from '../../../common/errors.ts';
import { largestDifference } from '../onnx/difference.ts';
import { attentionText } from '../onnx/ir/attention-text.ts';
import { parseText } from '../onnx/ir/text.ts';
import { noise } from '../onnx/noise.ts';
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
  let why: string | null = null;
  for (const operator of operators) {
    why = await firstFailure(provider, operator, kinds);
    if (why === null) return { operator, why };
  }
  return { operator: null, why: why! };
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
    const why = disagreement(made, expected);
    return why === null ? { operator, why } : { operator: null, why: `${provider} ${why}` };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { operator: null, why: `${provider} cannot: ${error.message}` };
  }
}

/** Why what an operator made is not what products and softmax make, null where it is. NaN and too few numbers are not. */
export function disagreement(made: Float32Array, expected: Float32Array): string | null {
  const apart = largestDifference(made, expected);
  return apart < TOLERANCE ? null : `computes it otherwise, by ${apart.toPrecision(1)}`;
}

function headOf({ heads, width }: Heads): string {
  const channels = heads * width;
  const inputs = ['q', 'k', 'v'].map((name) => `float32[B, ${name.toUpperCase()}, ${channels}] ${name}`);
  return `${inputs.join(', ')} => float32[B, Q, ${channels}] attended`;
}

async function runFused(provider: Provider, operator: FusedOperator, kind: Heads): Promise<Float32Array> {
  const { heads, width } = kind;
  const counted =
    operator === 'Attention' ? `q_num_heads = ${heads}, kv_num_heads = ${heads}` : `num_heads = ${heads}`;
  const name = operator === 'Attention' ? operator : `com.microsoft.${operator}`;
  // As text, with a point.
  const scale = (1 / Math.sqrt(width)).toFixed(9);
  const text = `${headOf(kind)}
    attended = ${name}<${counted}, scale = ${scale}>(q, k, v)`;
  // What falls back to the processor is not the provider's.
  return run(provider, text, kind, { opset: 23, alone: provider !== 'cpu' });
}

function runWrittenOut(provider: Provider, kind: Heads): Promise<Float32Array> {
  const text = `${headOf(kind)}
    ${attentionText(kind.heads, kind.width)}`;
  return run(provider, text, kind, { opset: 17, alone: false });
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
      // Of unit variance.
      data: noise(tokens * heads * width, seed).map((value) => value * Math.sqrt(3)),
      dims: [1, tokens, heads * width],
    });
    const feeds = { q: feed(QUERIES, 1), k: feed(KEYS, 2), v: feed(KEYS, 3) };
    const { attended } = await session.run(feeds, ['attended']);
    return attended!.data;
  } finally {
    await session.release();
  }
}
