/** Brings a map of the clip's picture to the latent grid of the canvas it sits in. */
import type { Fit } from '../../../common/media.ts';

export interface PictureMap {
  /** Row-major. */
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Each latent cell gets the mean of what it covers where the map is finer, else the map between its four neighbours. Cells in
 * the canvas's padding continue the edge, as the padding does. The map may have any size: it shows the whole content.
 * @param factor pixels of the canvas per latent element along a side
 * @returns (fit.height/factor, fit.width/factor)
 */
export function toLatentGrid({ data, width, height }: PictureMap, fit: Fit, factor: number): Float32Array {
  const columns = cells(fit.width / factor, factor, fit.left, fit.contentWidth, width);
  const rows = cells(fit.height / factor, factor, fit.top, fit.contentHeight, height);
  const out = new Float32Array(rows.length * columns.length);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      let sum = 0;
      row.weights.forEach((down, i) => {
        const start = (row.first + i) * width + column.first;
        column.weights.forEach((across, j) => {
          sum += down * across * data[start + j]!;
        });
      });
      out[y * columns.length + x] = sum;
    });
  });
  return out;
}

/** Which samples a cell reads, and how much of each; the weights sum to one. */
interface Cell {
  readonly first: number;
  readonly weights: readonly number[];
}

/** @param samples of the map along this side, spread over `content` pixels that begin at `offset` */
function cells(count: number, factor: number, offset: number, content: number, samples: number): Cell[] {
  const scale = samples / content;
  return Array.from({ length: count }, (_, i) => {
    const from = (i * factor - offset) * scale;
    const to = from + factor * scale;
    return factor * scale > 1 ? covered(from, to, samples) : between((from + to) / 2 - 0.5, samples);
  });
}

/** Mean over [from, to); the first and the last sample reach outwards for ever. */
function covered(from: number, to: number, samples: number): Cell {
  const clamp = (at: number) => Math.min(samples - 1, Math.max(0, at));
  const first = clamp(Math.floor(from));
  const last = clamp(Math.ceil(to) - 1);
  const weights: number[] = [];
  for (let k = first; k <= last; k++) {
    const left = k === 0 ? from : Math.max(from, k);
    const right = k === samples - 1 ? to : Math.min(to, k + 1);
    weights.push((right - left) / (to - from));
  }
  return { first, weights };
}

function between(at: number, samples: number): Cell {
  const clamped = Math.min(samples - 1, Math.max(0, at));
  const first = Math.min(Math.floor(clamped), Math.max(0, samples - 2));
  const part = clamped - first;
  return { first, weights: part === 0 ? [1] : [1 - part, part] };
}
