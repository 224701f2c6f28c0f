/** Numbers of -1..1 that are the same at every run; a linear congruential generator (Numerical Recipes), as fast as files of gigabytes want it. */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
