/** A picture of many channels, held in bands of rows as the network made them. */
import { assert } from '../../../../common/errors.ts';
import type { Rows } from '../../onnx/bands/rows.ts';

interface Band {
  readonly rows: Rows;
  /** (channels, height, width), of which `skip` rows stand before the band's own. */
  readonly data: Float32Array;
  readonly height: number;
  readonly skip: number;
}

export class BandMap {
  readonly channels: number;
  readonly width: number;
  readonly #bands: Band[] = [];
  /** Of each channel, over all rows: sums of the values and of their squares. */
  readonly #sums: Float64Array | null;
  readonly #squares: Float64Array | null;

  /** @param measured whether mean and variance will be asked for */
  constructor(of: { readonly channels: number; readonly width: number; readonly measured: boolean }) {
    this.channels = of.channels;
    this.width = of.width;
    this.#sums = of.measured ? new Float64Array(of.channels) : null;
    this.#squares = of.measured ? new Float64Array(of.channels) : null;
  }

  get height(): number {
    return this.#bands.at(-1)?.rows.end ?? 0;
  }

  /** Bands come in order. @param data (channels, height, width); the rows are those from `skip` on. It is kept. */
  add(rows: Rows, data: Float32Array, skip: number): void {
    const height = data.length / (this.channels * this.width);
    const count = rows.end - rows.start;
    assert(rows.start === this.height && Number.isInteger(height), 'bands follow one another');
    assert(
      skip >= 0 && skip + count <= height,
      `a band of ${height} rows has none of ${skip} to ${skip + count}`,
    );
    this.#bands.push({ rows, data, height, skip });
    if (!this.#sums || !this.#squares) return;
    const size = count * this.width;
    for (let c = 0; c < this.channels; c++) {
      const from = (c * height + skip) * this.width;
      let sum = 0;
      let square = 0;
      for (let i = from; i < from + size; i++) {
        const value = data[i]!;
        sum += value;
        square += value * value;
      }
      this.#sums[c]! += sum;
      this.#squares[c]! += square;
    }
  }

  /** Copies rows, (channels, rows, width). */
  read({ start, end }: Rows, into: Float32Array): void {
    const { channels, width } = this;
    const count = end - start;
    for (const { rows, data, height, skip } of this.#bands) {
      const from = Math.max(start, rows.start);
      const to = Math.min(end, rows.end);
      if (to <= from) continue;
      assert(data.length > 0, 'a band that was let go is read');
      for (let c = 0; c < channels; c++) {
        const at = (c * height + skip + from - rows.start) * width;
        into.set(data.subarray(at, at + (to - from) * width), (c * count + from - start) * width);
      }
    }
  }

  /** Gives back the memory of bands that lie wholly before a row. */
  forget(before: number): void {
    for (const { rows, data } of this.#bands) {
      // Taken out of the array, its memory is free at once and not only when it is collected.
      if (rows.end <= before && data.length > 0) (data.buffer as ArrayBuffer).transfer(0);
    }
  }

  /** Means of groups of neighbouring channels, and 1 / √(variance + ε). */
  statistics(groups: number, epsilon: number): { mean: Float32Array; factor: Float32Array } {
    const { channels, height, width } = this;
    assert(this.#sums && this.#squares, 'a picture that was not measured has no mean');
    const each = channels / groups;
    const count = each * height * width;
    const mean = new Float32Array(groups);
    const factor = new Float32Array(groups);
    for (let g = 0; g < groups; g++) {
      let sum = 0;
      let square = 0;
      for (let c = g * each; c < (g + 1) * each; c++) {
        sum += this.#sums[c]!;
        square += this.#squares[c]!;
      }
      mean[g] = sum / count;
      factor[g] = 1 / Math.sqrt(Math.max(0, square / count - (sum / count) ** 2) + epsilon);
    }
    return { mean, factor };
  }
}
