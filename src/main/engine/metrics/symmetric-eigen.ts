/** Eigenvalues of symmetric matrices by cyclic Jacobi rotations (Golub & Van Loan, Alg. 8.5.3): slow and sure. */
import { assert } from '../../../common/errors.ts';

/** Off-diagonal weight, relative to the whole, that counts as none. */
const EXACT = 1e-26;
const MOST_SWEEPS = 60;

export interface SymmetricEigen {
  /** In no order. */
  readonly values: Float64Array;
  /** (n, n), row by row; the k-th column belongs to the k-th value. Columns are orthonormal. */
  readonly vectors: Float64Array;
}

/** @param matrix (n, n), row by row; only read */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  assert(matrix.length === n * n, 'a square matrix');
  const a = matrix.slice();
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  const whole = a.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; offDiagonal(a, n) > EXACT * whole; sweep++) {
    assert(sweep < MOST_SWEEPS, 'Jacobi rotations converge');
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q]!;
        if (apq === 0) continue;
        const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        rotateColumns(a, n, p, q, c, s);
        rotateRows(a, n, p, q, c, s);
        rotateColumns(vectors, n, p, q, c, s);
      }
    }
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), vectors };
}

function offDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) sum += a[i * n + j]! ** 2;
  return sum;
}

function rotateColumns(a: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i * n + p]!, a[i * n + q]!];
    a[i * n + p] = c * x - s * y;
    a[i * n + q] = s * x + c * y;
  }
}

function rotateRows(a: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let j = 0; j < n; j++) {
    const [x, y] = [a[p * n + j]!, a[q * n + j]!];
    a[p * n + j] = c * x - s * y;
    a[q * n + j] = s * x + c * y;
  }
}
