/** Which rows of a picture an operator reads for rows of what it makes. Arithmetic of the ONNX operators' definitions. */

/** From start up to, not including, end. */
export interface Rows {
  readonly start: number;
  readonly end: number;
}

export interface RowRule {
  /** Rows of the result for each row read, as up / down: row r·down of the picture is where row r·up of the result begins. */
  readonly up: number;
  readonly down: number;
  /** Height of the result of a picture of this height. */
  height(of: number): number;
  /** What is read for these rows, beyond the edges of the picture too. */
  reads(rows: Rows): Rows;
}

interface Kernel {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding above and below. */
  readonly before: number;
  readonly after: number;
}

export function convolved({ kernel, stride, dilation, before, after }: Kernel): RowRule {
  const reach = dilation * (kernel - 1) + 1;
  return {
    up: 1,
    down: stride,
    height: (of) => Math.floor((of + before + after - reach) / stride) + 1,
    reads: ({ start, end }) => ({ start: start * stride - before, end: (end - 1) * stride - before + reach }),
  };
}

/** ConvTranspose: row j of the picture adds to the rows j·stride − before, and on as far as its kernel reaches. */
export function deconvolved({ kernel, stride, dilation, before, after }: Kernel, more = 0): RowRule {
  const reach = dilation * (kernel - 1) + 1;
  return {
    up: stride,
    down: 1,
    height: (of) => (of - 1) * stride - before - after + reach + more,
    reads: ({ start, end }) => ({
      start: Math.ceil((start + before - reach + 1) / stride),
      end: Math.floor((end - 1 + before) / stride) + 1,
    }),
  };
}

/** Every row `times` times. */
export function repeated(times: number): RowRule {
  return {
    up: times,
    down: 1,
    height: (of) => of * times,
    reads: ({ start, end }) => ({ start: Math.floor(start / times), end: Math.ceil(end / times) }),
  };
}

export function padded(before: number, after: number): RowRule {
  return convolved({ kernel: 1, stride: 1, dilation: 1, before, after });
}

/** What of them lies within a picture of this height. */
export function within({ start, end }: Rows, height: number): Rows {
  const from = Math.min(height, Math.max(0, start));
  return { start: from, end: Math.max(from, Math.min(height, end)) };
}

export function together(a: Rows | undefined, b: Rows): Rows {
  return a ? { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) } : b;
}
