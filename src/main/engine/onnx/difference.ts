/** Largest difference of two lists of numbers: NaN where either holds one, infinite where they are not equally many. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  // Math.max keeps NaN.
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
