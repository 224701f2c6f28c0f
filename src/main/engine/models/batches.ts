/** Which rows go through a network together: all, or as many as it was exported for, the last pass filled up. */
export function batches(count: number, fixed: number | null): number[][] {
  const size = fixed ?? count;
  return Array.from({ length: Math.ceil(count / size) }, (_, pass) =>
    Array.from({ length: size }, (_, i) => Math.min(pass * size + i, count - 1)),
  );
}
