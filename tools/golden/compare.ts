/** Computed against kept numbers, and the table they are told in. */
import type { NpyArray } from './npy.ts';

export interface Row {
  readonly case: string;
  readonly output: string;
  readonly status: 'pass' | 'fail' | 'not covered';
  readonly maxAbs?: number;
  /** Largest absolute error over the root mean square of the golden. */
  readonly maxRel?: number;
  readonly tolerance?: number;
  readonly note?: string;
}

export type Values = ArrayLike<number>;

/** A row for one output; without a tolerance the numbers must be equal. NaN fails. */
export function compare(
  name: string,
  output: string,
  got: Values,
  want: Pick<NpyArray, 'data'>,
  tolerance = 0,
): Row {
  const { data } = want;
  if (got.length !== data.length) {
    return {
      case: name,
      output,
      status: 'fail',
      tolerance,
      note: `${got.length} numbers instead of ${data.length}`,
    };
  }
  let maxAbs = 0;
  let squares = 0;
  for (let i = 0; i < data.length; i++) {
    const error = Math.abs(got[i]! - data[i]!);
    if (!(error <= maxAbs)) maxAbs = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    squares += data[i]! ** 2;
  }
  const rms = Math.sqrt(squares / Math.max(1, data.length));
  const maxRel = maxAbs === 0 ? 0 : maxAbs / rms;
  return { case: name, output, status: maxAbs <= tolerance ? 'pass' : 'fail', maxAbs, maxRel, tolerance };
}

const COLUMNS = ['case', 'output', 'max abs', 'max rel', 'tolerance', 'result'] as const;

export function table(rows: readonly Row[]): string {
  const figure = (value: number | undefined) =>
    value === undefined ? '-' : value === 0 ? '0' : value.toExponential(2);
  const cells = rows.map((row) => [
    row.case,
    row.output,
    figure(row.maxAbs),
    figure(row.maxRel),
    figure(row.tolerance),
    (row.status === 'fail' ? 'FAIL' : row.status) + (row.note ? `: ${row.note}` : ''),
  ]);
  const widths = COLUMNS.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i]!.length)));
  return [[...COLUMNS], ...cells]
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
