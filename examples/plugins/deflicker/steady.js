/**
 * Light and colour steadied over time, detail left alone.
 *
 * Flicker is mostly broad: the whole picture, or a large part of it, is lighter in one frame and darker in the next. So each
 * frame is taken apart into what is broad and what is fine; the broad part is averaged with that of the frames around it, the
 * fine part (edges, texture) stays as it is. A place counts in the average as far as the clip shows the same there:
 * compared are the fine parts of the clip, which flicker hardly touches and motion does.
 */

/** Latent pixels around one that are broad: 5 × 5 of them are 40 × 40 in the picture. */
const AROUND = 2;
/** What "alike" means at the ends of the guard: differences of detail, in units of how much detail there is. */
const [LOOSE, STRICT] = [3, 0.15];

/** @param frames in their order, each with its latent and the clip's (channels, height, width) */
export function steadied(frames, shape, { amount, reach, guard }) {
  const broad = frames.map(({ denoised }) => blurred(denoised, shape));
  const fine = frames.map(({ clean }) => {
    const low = blurred(clean, shape);
    return clean.map((value, i) => value - low[i]);
  });
  const tolerance = LOOSE * (STRICT / LOOSE) ** guard;
  // How much detail the clip has at all: what two frames without anything in common would differ by.
  const detail = fine.reduce((sum, one) => sum + energy(one), 0) / fine.length + 1e-9;

  return frames.map(({ frame, denoised }, f) => {
    const area = shape.height * shape.width;
    const total = new Float32Array(area).fill(1);
    const sum = broad[f].slice();
    for (let other = Math.max(0, f - reach); other <= Math.min(frames.length - 1, f + reach); other++) {
      if (other === f) continue;
      const near = Math.exp(-2 * ((other - f) / reach) ** 2);
      const unlike = differences(fine[f], fine[other], shape);
      for (let at = 0; at < area; at++) {
        const weight = near * Math.exp(-unlike[at] / (2 * detail * tolerance));
        total[at] += weight;
        for (let i = at; i < sum.length; i += area) sum[i] += weight * broad[other][i];
      }
    }
    const made = denoised.map((value, i) => value + amount * (sum[i] / total[i % area] - broad[f][i]));
    return { frame, denoised: made };
  });
}

/** Mean square. */
function energy(latent) {
  return latent.reduce((sum, value) => sum + value * value, 0) / latent.length;
}

/** How much two latents differ around each place: (height, width), the mean square over channels. */
function differences(a, b, { channels, height, width }) {
  const area = height * width;
  const plane = new Float32Array(area);
  for (let i = 0; i < a.length; i++) plane[i % area] += (a[i] - b[i]) ** 2 / channels;
  return blurred(plane, { channels: 1, height, width });
}

/** Mean of what is around each place, within the picture: first along rows, then along columns. */
function blurred(latent, { channels, height, width }) {
  const rows = new Float32Array(latent.length);
  const out = new Float32Array(latent.length);
  for (let c = 0; c < channels; c++) {
    const plane = c * height * width;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        rows[plane + y * width + x] = mean(latent, plane + y * width, x, width, 1);
    for (let x = 0; x < width; x++)
      for (let y = 0; y < height; y++) out[plane + y * width + x] = mean(rows, plane + x, y, height, width);
  }
  return out;
}

/** Of a line of `count` values from `start`, `stride` apart: the mean around the one at `at`. */
function mean(values, start, at, count, stride) {
  const [from, to] = [Math.max(0, at - AROUND), Math.min(count - 1, at + AROUND)];
  let sum = 0;
  for (let i = from; i <= to; i++) sum += values[start + i * stride];
  return sum / (to - from + 1);
}
