import type { Proof } from './proof.ts';

const product = (
  name: string,
  a: readonly number[],
  b: readonly number[],
  body = 'y = MatMul(a, b)',
): Proof => ({
  ...{ name, x: { a, b }, body },
});
const fused = (name: string, a: readonly number[], b: readonly number[], attributes: string): Proof =>
  product(name, a, b, `y = com.microsoft.FusedMatMul<${attributes}>(a, b)`);
const einsum = (name: string, a: readonly number[], b: readonly number[], equation: string): Proof =>
  product(name, a, b, `y = Einsum<equation = "${equation}">(a, b)`);

/** Twenty rows in blocks of sixteen: the second is not full. */
const fewBits = (
  name: string,
  bytes: Readonly<Record<string, readonly number[]>>,
  attributes: string,
): Proof => ({
  ...{ name, x: { a: [2, 20] }, bytes },
  body: `float32[6] scales\ny = com.microsoft.MatMulNBits<K = 20, N = 3, block_size = 16, ${attributes}>(a, w, scales${'zero' in bytes ? ', zero' : ''})`,
});

export const MULTIPLY: readonly Proof[] = [
  product('MatMul', [3, 4], [4, 2]),
  product('MatMul of tokens and a matrix', [2, 3, 4], [4, 2]),
  product('MatMul of heads', [2, 2, 3, 4], [2, 2, 4, 2]),
  product('MatMul, broadcast', [2, 1, 3, 2], [3, 2, 2]),
  product('MatMul of a matrix and many', [3, 2], [2, 2, 4]),
  product('MatMul by a vector', [2, 3, 4], [4]),
  product('MatMul of a vector', [3], [2, 3, 4]),
  product('MatMul of vectors', [5], [5]),
  product(
    'MatMul by what lies transposed',
    [2, 3, 4],
    [2, 4],
    't = Transpose<perm = [1, 0]>(b)\ny = MatMul(a, t)',
  ),
  fused('FusedMatMul', [2, 3, 4], [4, 2], 'alpha = 0.5'),
  fused('FusedMatMul, turned on the right', [2, 3, 4], [2, 4], 'transB = 1'),
  fused('FusedMatMul, turned on both sides', [2, 4, 3], [2, 2, 4], 'transA = 1, transB = 1, alpha = 0.3'),
  {
    name: 'Gemm',
    x: { a: [3, 4], b: [4, 2], c: [2] },
    body: 'y = Gemm<alpha = 0.5, beta = 1.5>(a, b, c)',
  },
  {
    name: 'Gemm, turned',
    x: { a: [4, 3], b: [2, 4], c: [3, 1] },
    body: 'y = Gemm<transA = 1, transB = 1>(a, b, c)',
  },
  { name: 'Gemm without a summand', x: { a: [3, 4], b: [2, 4] }, body: 'y = Gemm<transB = 1>(a, b)' },
  einsum('Einsum of heads', [2, 2, 3, 4], [2, 2, 5, 4], 'bhid,bhjd->bhij'),
  einsum('Einsum that takes heads apart', [2, 3, 4], [2, 4, 2], 'bnc,hcd->bhnd'),
  einsum('Einsum that sums over one alone', [2, 3], [3, 2, 2], 'ik,kjl->ij'),
  { name: 'Einsum of one', x: { a: [2, 3, 4] }, body: 'y = Einsum<equation = "ijk->ki">(a)' },
  fewBits('MatMulNBits', { w: [3, 2, 8] }, 'bits = 4'),
  fewBits('MatMulNBits with zero points', { w: [3, 2, 8], zero: [3] }, 'bits = 4'),
  fewBits('MatMulNBits of bytes', { w: [3, 2, 16] }, 'bits = 8'),
];
