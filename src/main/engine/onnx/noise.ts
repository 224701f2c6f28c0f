/** Uniform in [-1, 1], the same on every machine (Marsaglia's xorshift32), for networks that are made to try something. @param seed not 0 */
export function noise(count: number, seed = 0x9e3779b9): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}
