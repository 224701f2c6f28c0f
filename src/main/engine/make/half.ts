/** What is made in many steps, kept half made: every so often, and where it ends before its end. */

/**
 * @param every milliseconds
 * @param keep what there is after a step; what nobody kept of the last one is kept where `make` throws
 * @param make tells of each step that it took
 */
export async function keepingHalf<State, Whole>(
  { every, keep }: { readonly every: number; keep(state: State): void },
  make: (onStep: (state: State) => void) => Promise<Whole>,
): Promise<Whole> {
  let left: State | null = null;
  let keptAt = performance.now();
  const keepLeft = () => {
    if (left !== null) keep(left);
    left = null;
    keptAt = performance.now();
  };
  try {
    return await make((state) => {
      left = state;
      if (performance.now() - keptAt >= every) keepLeft();
    });
  } catch (error) {
    keepLeft();
    throw error;
  }
}
