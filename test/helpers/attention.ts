/** One self-attention layer as different exporters write it, and the same by hand in double precision. */
const HEADS = 2;
const WIDTH = 4;
export const CHANNELS = HEADS * WIDTH;
/** Tokens of a frame: three rows of two. */
export const TOKENS = 6;
export const BATCH = 2;

const HEAD = 'float32[B, N, 8] x => float32[B, N, 8] y';
const WEIGHTS = 'float32[8, 8] wq\nfloat32[8, 8] wk\nfloat32[8, 8] wv\nfloat32[] scale = {0.5}';
const PROJECTIONS = 'q = MatMul(x, wq)\nk = MatMul(x, wk)\nv = MatMul(x, wv)';

/** Softmax and what follows it, from [B, H, N, D] operands. */
const PRODUCTS = `
  s = MatMul(q4, k4t)
  scaled = Mul(s, scale)
  p = Softmax<axis = -1>(scaled)
  o = MatMul(p, v4)
  ot = Transpose<perm = [0, 2, 1, 3]>(o)
  int64[3] merged = {0, -1, 8}
  y = Reshape(ot, merged)`;

function split4(shapes: { q: string; k: string; v: string }): string {
  return `
  q3 = Reshape(q, ${shapes.q})
  k3 = Reshape(k, ${shapes.k})
  v3 = Reshape(v, ${shapes.v})
  q4 = Transpose<perm = [0, 2, 1, 3]>(q3)
  k4t = Transpose<perm = [0, 2, 3, 1]>(k3)
  v4 = Transpose<perm = [0, 2, 1, 3]>(v3)`;
}

export interface Style {
  readonly text: string;
  readonly opset?: number;
  /** Where q, k and v live when they are not three matrices [in, out]. */
  readonly weights?: 'fused' | 'conv' | 'transposed';
  readonly bias?: boolean;
  /** Taken apart into other operators: the original up to rounding, not to the bit. */
  readonly rounds?: boolean;
  /** x is [B, C, 3, 2]. */
  readonly spatial?: boolean;
}

export const STYLES: Readonly<Record<string, Style>> = {
  'dynamic reshapes': {
    text: `${HEAD}\n${WEIGHTS}\n${PROJECTIONS}
  int64[4] heads = {0, -1, 2, 4}
  ${split4({ q: 'heads', k: 'heads', v: 'heads' })}${PRODUCTS}`,
  },
  'token count baked into constants': {
    text: `${HEAD}\n${WEIGHTS}\n${PROJECTIONS}
  int64[4] heads = {-1, 6, 2, 4}
  ${split4({ q: 'heads', k: 'heads', v: 'heads' })}${PRODUCTS}`,
  },
  'token count of the queries reused': {
    text: `${HEAD}\n${WEIGHTS}\n${PROJECTIONS}
  shape = Shape(q)
  int64[] zero = {0}
  int64[] one = {1}
  int64[1] first = {0}
  int64[1] nh = {2}
  int64[1] nd = {4}
  b0 = Gather<axis = 0>(shape, zero)
  n0 = Gather<axis = 0>(shape, one)
  b1 = Unsqueeze(b0, first)
  n1 = Unsqueeze(n0, first)
  heads = Concat<axis = 0>(b1, n1, nh, nd)
  ${split4({ q: 'heads', k: 'heads', v: 'heads' })}${PRODUCTS}`,
  },
  'token count of the keys reused for the queries': {
    text: `${HEAD}\n${WEIGHTS}\n${PROJECTIONS}
  shape = Shape(k)
  int64[] one = {1}
  int64[1] first = {0}
  int64[3] rest = {-1, 2, 4}
  n0 = Gather<axis = 0>(shape, one)
  n1 = Unsqueeze(n0, first)
  int64[1] nb = {-1}
  int64[2] hd = {2, 4}
  heads = Concat<axis = 0>(nb, n1, hd)
  ${split4({ q: 'heads', k: 'heads', v: 'heads' })}${PRODUCTS}`,
  },
  'fused projection, split': {
    weights: 'fused',
    bias: true,
    text: `${HEAD}
  float32[8, 24] wqkv
  float32[24] bqkv
  float32[] scale = {0.5}
  m = MatMul(x, wqkv)
  mb = Add(bqkv, m)
  int64[3] sizes = {8, 8, 8}
  q, k, v = Split<axis = -1>(mb, sizes)
  int64[4] heads = {0, 6, 2, 4}
  ${split4({ q: 'heads', k: 'heads', v: 'heads' })}${PRODUCTS}`,
  },
  'fused projection, gathered': {
    weights: 'fused',
    text: `${HEAD}
  float32[8, 24] wqkv
  float32[] scale = {0.5}
  m = MatMul(x, wqkv)
  int64[5] five = {-1, 6, 3, 2, 4}
  m5 = Reshape(m, five)
  t = Transpose<perm = [2, 0, 3, 1, 4]>(m5)
  int64[] zero = {0}
  int64[] one = {1}
  int64[] two = {2}
  q4 = Gather<axis = 0>(t, zero)
  kg = Gather<axis = 0>(t, one)
  v4 = Gather<axis = 0>(t, two)
  k4t = Transpose<perm = [0, 1, 3, 2]>(kg)${PRODUCTS}`,
  },
  'scale and heads from cuts of a shape': {
    text: `${HEAD}
  float32[8, 8] wq
  float32[8, 8] wk
  float32[8, 8] wv
  ${PROJECTIONS}
  qshape = Shape(q)
  kshape = Shape(k)
  int64[1] zero = {0}
  int64[1] one = {1}
  int64[1] two = {2}
  int64[1] last = {-1}
  int64[1] end = {2147483647}
  int64[1] width = {4}
  int64[2] hd = {2, 4}
  qfirst = Slice(qshape, zero, two, zero)
  kfirst = Slice(kshape, zero, two, zero)
  qheads = Concat<axis = 0>(qfirst, hd)
  kheads = Concat<axis = 0>(kfirst, hd)
  ${split4({ q: 'qheads', k: 'kheads', v: 'kheads' })}
  inner = Shape(q4)
  tail = Slice(inner, two, end, zero)
  d = Gather<axis = 0>(tail, one)
  df = Cast<to = 1>(d)
  root = Sqrt(df)
  float32[1] unit = {1}
  inverse = Div(unit, root)
  half = Sqrt(inverse)
  qs = Mul(q4, half)
  ks = Mul(k4t, half)
  p0 = MatMul(qs, ks)
  p = Softmax<axis = -1>(p0)
  o = MatMul(p, v4)
  ot = Transpose<perm = [0, 2, 1, 3]>(o)
  int64[3] merged = {0, -1, 8}
  y = Reshape(ot, merged)`,
  },
  'one operator with its projections': {
    rounds: true,
    weights: 'fused',
    bias: true,
    text: `${HEAD}
  float32[8, 24] wqkv
  float32[24] bqkv
  y = com.microsoft.Attention<num_heads = 2, scale = 0.5>(x, wqkv, bqkv)`,
  },
  'heads merged into the batch, baddbmm': {
    text: `${HEAD}\n${WEIGHTS}\n${PROJECTIONS}
  int64[4] heads = {0, 6, 2, 4}
  ${split4({ q: 'heads', k: 'heads', v: 'heads' })}
  int64[3] flat = {-1, 6, 4}
  int64[3] flatt = {-1, 4, 6}
  qf = Reshape(q4, flat)
  kf = Reshape(k4t, flatt)
  vf = Reshape(v4, flat)
  s = MatMul(qf, kf)
  zshape = Shape(s)
  z = ConstantOfShape(zshape)
  scaled = Mul(s, scale)
  both = Add(z, scaled)
  p = Softmax<axis = 2>(both)
  o = MatMul(p, vf)
  int64[4] unflat = {-1, 2, 6, 4}
  o4 = Reshape(o, unflat)
  ot = Transpose<perm = [0, 2, 1, 3]>(o4)
  int64[3] merged = {-1, 6, 8}
  y = Reshape(ot, merged)`,
  },
  'rows of a Gemm': {
    weights: 'transposed',
    text: `${HEAD}\n${WEIGHTS}
  int64[2] rows = {-1, 8}
  r = Reshape(x, rows)
  q = Gemm<transB = 1>(r, wq)
  k = Gemm<transB = 1>(r, wk)
  v = Gemm<transB = 1>(r, wv)
  int64[4] heads = {-1, 6, 2, 4}
  ${split4({ q: 'heads', k: 'heads', v: 'heads' })}${PRODUCTS}`,
  },
  'convolutions over an image': {
    weights: 'conv',
    spatial: true,
    text: `float32[B, 8, 3, 2] x => float32[B, N, 8] y
  float32[8, 8, 1, 1] wq
  float32[8, 8, 1, 1] wk
  float32[8, 8, 1, 1] wv
  float32[] scale = {0.5}
  q = Conv(x, wq)
  k = Conv(x, wk)
  v = Conv(x, wv)
  int64[4] heads = {0, 2, 4, 6}
  qh = Reshape(q, heads)
  kh = Reshape(k, heads)
  vh = Reshape(v, heads)
  q4 = Transpose<perm = [0, 1, 3, 2]>(qh)
  k4t = Identity(kh)
  v4 = Transpose<perm = [0, 1, 3, 2]>(vh)${PRODUCTS}`,
  },
  einsum: {
    text: `${HEAD}\n${WEIGHTS}\n${PROJECTIONS}
  int64[4] heads = {0, -1, 2, 4}
  q3 = Reshape(q, heads)
  k3 = Reshape(k, heads)
  v3 = Reshape(v, heads)
  q4 = Transpose<perm = [0, 2, 1, 3]>(q3)
  k4 = Transpose<perm = [0, 2, 1, 3]>(k3)
  v4 = Transpose<perm = [0, 2, 1, 3]>(v3)
  s = Einsum<equation = "bhid,bhjd->bhij">(q4, k4)
  scaled = Mul(s, scale)
  p = Softmax<axis = 3>(scaled)
  o = Einsum<equation = "bhij,bhjd->bhid">(p, v4)
  ot = Transpose<perm = [0, 2, 1, 3]>(o)
  int64[3] merged = {0, -1, 8}
  y = Reshape(ot, merged)`,
  },
  'one operator of onnxruntime': {
    text: `${HEAD}\n${WEIGHTS}\n${PROJECTIONS}\ny = com.microsoft.MultiHeadAttention<num_heads = 2, scale = 0.5>(q, k, v)`,
  },
  'one operator of the standard': {
    opset: 23,
    text: `${HEAD}\n${WEIGHTS}\n${PROJECTIONS}\ny = Attention<q_num_heads = 2, kv_num_heads = 2, scale = 0.5>(q, k, v)`,
  },
};

type Matrix = (row: number, column: number) => number;

/** softmax(q·kᵀ/2)·v over heads, float64. tokens and bank: rows of CHANNELS numbers. Returns rows in order. */
export function attentionByHand(
  tokens: readonly (readonly number[])[],
  keys: readonly (readonly number[])[],
  weights: { q: Matrix; k: Matrix; v: Matrix; bias?: (part: number, column: number) => number },
): number[][] {
  const project = (rows: readonly (readonly number[])[], w: Matrix, part: number) =>
    rows.map((row) =>
      Array.from({ length: CHANNELS }, (_, c) =>
        row.reduce((sum, value, r) => sum + value * w(r, c), weights.bias?.(part, c) ?? 0),
      ),
    );
  const q = project(tokens, weights.q, 0);
  const k = project(keys, weights.k, 1);
  const v = project(keys, weights.v, 2);
  return q.map((query) => {
    const out: number[] = [];
    for (let head = 0; head < HEADS; head++) {
      const columns = Array.from({ length: WIDTH }, (_, d) => head * WIDTH + d);
      const scores = k.map((key) => columns.reduce((sum, c) => sum + query[c]! * key[c]!, 0) * 0.5);
      const top = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - top));
      const total = powers.reduce((sum, power) => sum + power, 0);
      for (const c of columns)
        out.push(powers.reduce((sum, power, j) => sum + (power / total) * v[j]![c]!, 0));
    }
    return out;
  });
}
