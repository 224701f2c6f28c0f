/** Dense motion from one picture to another. */

export interface Flow {
  readonly width: number;
  readonly height: number;
  /** (2, height, width), x then y, in pixels of this grid: what stands at (x, y) in a stands in b at (x + fx, y + fy). */
  readonly data: Float32Array;
}

/** The same motion on another grid over the same picture: means where it is coarser, else between neighbours; vectors are scaled. */
export function toGrid({ width, height, data }: Flow, columns: number, rows: number): Flow {
  const across = cells(columns, width);
  const down = cells(rows, height);
  const narrow = new Float32Array(columns * height);
  const out = new Float32Array(2 * columns * rows);
  for (const axis of [0, 1]) {
    const scale = axis === 0 ? columns / width : rows / height;
    const plane = data.subarray(axis * width * height, (axis + 1) * width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < columns; x++)
        narrow[y * columns + x] = scale * weighed(plane, y * width, 1, across[x]!);
    }
    const start = axis * columns * rows;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) out[start + y * columns + x] = weighed(narrow, x, columns, down[y]!);
    }
  }
  return { width: columns, height: rows, data: out };
}

/** Which samples of a line a cell reads, and how much of each; the weights sum to one. */
interface Cell {
  readonly first: number;
  readonly weights: readonly number[];
}

function cells(count: number, samples: number): Cell[] {
  const scale = samples / count;
  return Array.from({ length: count }, (_, i) => {
    if (scale <= 1) {
      const at = Math.min(samples - 1, Math.max(0, (i + 0.5) * scale - 0.5));
      const first = Math.floor(at);
      return { first, weights: at === first ? [1] : [first + 1 - at, at - first] };
    }
    const [from, to] = [i * scale, Math.min(samples, (i + 1) * scale)];
    const first = Math.floor(from);
    const last = Math.min(samples, Math.ceil(to)) - 1;
    const covered = (k: number) => (Math.min(to, k + 1) - Math.max(from, k)) / (to - from);
    return { first, weights: Array.from({ length: last - first + 1 }, (_, j) => covered(first + j)) };
  });
}

function weighed(line: Float32Array, start: number, stride: number, { first, weights }: Cell): number {
  let sum = 0;
  for (let j = 0; j < weights.length; j++) sum += weights[j]! * line[start + (first + j) * stride]!;
  return sum;
}
