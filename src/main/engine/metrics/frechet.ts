/**
 * Fréchet distance of two sets of features taken as Gaussians (Dowson & Landau 1982), which is FVD where the features are of
 * clips (Unterthiner et al. 2018): |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2·(Σ₁Σ₂)^½).
 */
import { assert } from '../../../common/errors.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Mean and covariance of features that come one by one (Welford 1962): no more is held, however many there are. */
export class FeatureStatistics {
  #count = 0;
  #mean = new Float64Array(0);
  /** Sum of the products of deviations, (d, d). */
  #scatter = new Float64Array(0);

  get count(): number {
    return this.#count;
  }

  get dimension(): number {
    return this.#mean.length;
  }

  get mean(): Float64Array {
    return this.#mean;
  }

  see(feature: ArrayLike<number>): void {
    if (this.#count === 0) {
      this.#mean = new Float64Array(feature.length);
      this.#scatter = new Float64Array(feature.length ** 2);
    }
    const d = this.#mean.length;
    assert(feature.length === d, 'features of one length');
    this.#count++;
    const before = Float64Array.from({ length: d }, (_, i) => feature[i]! - this.#mean[i]!);
    for (let i = 0; i < d; i++) this.#mean[i] = this.#mean[i]! + before[i]! / this.#count;
    for (let i = 0; i < d; i++) {
      const after = feature[i]! - this.#mean[i]!;
      for (let j = 0; j < d; j++) this.#scatter[i * d + j] = this.#scatter[i * d + j]! + after * before[j]!;
    }
  }

  /** (d, d), unbiased; of at least two features. */
  covariance(): Float64Array {
    assert(this.#count > 1, 'a covariance of at least two features');
    return this.#scatter.map((value) => value / (this.#count - 1));
  }
}

/** 0 for equal sets; in the features' own squared units. Each set has at least two. */
export function frechetDistance(a: FeatureStatistics, b: FeatureStatistics): number {
  assert(a.dimension === b.dimension, 'features of one network');
  const d = a.dimension;
  const [first, second] = [a.covariance(), b.covariance()];
  let apart = 0;
  let traces = 0;
  for (let i = 0; i < d; i++) {
    apart += (a.mean[i]! - b.mean[i]!) ** 2;
    traces += first[i * d + i]! + second[i * d + i]!;
  }
  // Rounding alone makes it negative.
  return Math.max(0, apart + traces - 2 * traceOfRoot(first, second, d));
}

/** tr((AB)^½) of two covariances: AB has the eigenvalues of A^½·B·A^½, which is symmetric. */
function traceOfRoot(a: Float64Array, b: Float64Array, d: number): number {
  const root = squareRoot(a, d);
  const { values } = symmetricEigen(symmetrised(product(product(root, b, d), root, d), d), d);
  return values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}

/** The symmetric root of a covariance; eigenvalues that rounding made negative count as none. */
export function squareRoot(matrix: Float64Array, d: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, d);
  const out = new Float64Array(d * d);
  for (let k = 0; k < d; k++) {
    const root = Math.sqrt(Math.max(0, values[k]!));
    if (root === 0) continue;
    for (let i = 0; i < d; i++) {
      const scaled = root * vectors[i * d + k]!;
      for (let j = 0; j < d; j++) out[i * d + j] = out[i * d + j]! + scaled * vectors[j * d + k]!;
    }
  }
  return out;
}

function product(a: Float64Array, b: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++)
    for (let k = 0; k < d; k++) {
      const value = a[i * d + k]!;
      for (let j = 0; j < d; j++) out[i * d + j] = out[i * d + j]! + value * b[k * d + j]!;
    }
  return out;
}

function symmetrised(a: Float64Array, d: number): Float64Array {
  return a.map((value, at) => (value + a[(at % d) * d + Math.floor(at / d)]!) / 2);
}
