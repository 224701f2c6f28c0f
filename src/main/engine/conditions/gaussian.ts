/** Blur by a Gaussian, rows then columns; beyond the edge the picture is mirrored about its outermost samples. */

/** @param plane (h, w). @param sigma in pixels, over 0. @returns a new plane */
export function gaussian(plane: Float32Array, width: number, height: number, sigma: number): Float32Array {
  const kernel = kernelOf(sigma);
  const rows = along(plane, { count: height, step: width }, { length: width, step: 1 }, kernel);
  return along(rows, { count: width, step: 1 }, { length: height, step: width }, kernel);
}

/** The middle and one side of it, cut at four deviations; the whole sums to one. */
function kernelOf(sigma: number): Float64Array {
  const radius = Math.max(1, Math.ceil(4 * sigma));
  const side = Float64Array.from({ length: radius + 1 }, (_, x) => Math.exp(-(x * x) / (2 * sigma * sigma)));
  const sum = side.reduce((all, value) => all + value, 0) * 2 - side[0]!;
  return side.map((value) => value / sum);
}

function along(
  plane: Float32Array,
  lines: { readonly count: number; readonly step: number },
  samples: { readonly length: number; readonly step: number },
  kernel: Float64Array,
): Float32Array {
  const out = new Float32Array(plane.length);
  const radius = kernel.length - 1;
  const { length } = samples;
  const line = new Float64Array(length + 2 * radius);
  for (let i = 0; i < lines.count; i++) {
    const start = i * lines.step;
    for (let at = -radius; at < length + radius; at++)
      line[at + radius] = plane[start + mirrored(at, length) * samples.step]!;
    for (let at = 0; at < length; at++) {
      const middle = at + radius;
      let sum = kernel[0]! * line[middle]!;
      for (let k = 1; k <= radius; k++) sum += kernel[k]! * (line[middle - k]! + line[middle + k]!);
      out[start + at * samples.step] = sum;
    }
  }
  return out;
}

function mirrored(at: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((at % period) + period) % period;
  return within < length ? within : period - within;
}
