/** The bands in which a stage is computed: what each makes, and what it must read for that, its neighbours' edges included. */
import { type Rows, within } from './rows.ts';
import type { StageRows } from './stage-rows.ts';

export interface Band {
  /** By picture that the stage reads. */
  readonly reads: ReadonlyMap<string, Rows>;
  /** By value. Those of all bands together are the picture, each row once. */
  readonly makes: ReadonlyMap<string, Rows>;
}

/**
 * @param read heights of what the stage reads
 * @param rows of the lowest of them that a band stands for, without its edges; at least one unit is taken
 */
export function bandsOf(
  stage: StageRows,
  makes: readonly string[],
  { read, rows }: { readonly read: ReadonlyMap<string, number>; readonly rows: number },
): Band[] {
  const heights = stage.heights(read);
  const height = heights.get(stage.base)!;
  const each = Math.max(stage.unit, rows - (rows % stage.unit));
  const bands: Band[] = [];
  for (let start = 0; start < height; start += each) {
    const last = start + each >= height;
    const wanted = new Map<string, Rows>();
    for (const value of makes) {
      const all = heights.get(value)!;
      const end = last ? all : stage.startOf(value, start + each);
      const own = within({ start: stage.startOf(value, start), end }, all);
      if (own.end > own.start) wanted.set(value, own);
    }
    if (wanted.size > 0) bands.push({ reads: stage.readsFor(wanted, heights), makes: wanted });
  }
  return bands;
}
