/** What of a network is learnt on a shot: the numbers that its inputs are fed. */
import { join } from 'node:path';
import { assert } from '../../../common/errors.ts';
import { tensorBytes } from '../onnx/ir/types.ts';
import type { LearntInput } from '../onnx/passes/learnt-weights.ts';
import { floatsIn, floatsOf } from '../onnx/safetensors/values.ts';
import type { Feeds } from './unet-feeds.ts';

export class LearntWeights {
  readonly inputs: readonly LearntInput[];
  readonly #folder: string;
  #values: ReadonlyMap<string, Float32Array> | null = null;

  /** @param folder of the graph's weights */
  constructor(inputs: readonly LearntInput[], folder: string) {
    this.inputs = inputs;
    this.#folder = folder;
  }

  /** What is fed from now on. @param values by name, all of them; null for those of the network itself */
  use(values: ReadonlyMap<string, Float32Array> | null): void {
    for (const { name, dims } of values ? this.inputs : [])
      assert(values?.get(name)?.length === dims[0] * dims[1], `what was learnt holds all of ${name}`);
    this.#values = values;
  }

  /** By input: (out, in); of factors (rank, in) and (out, rank). */
  feeds(): Feeds {
    this.#values ??= this.initial(() => () => 0);
    const values = this.#values;
    return Object.fromEntries(
      this.inputs.map(({ input, name, dims }) => [input, { type: 'float32', data: values.get(name)!, dims }]),
    );
  }

  /**
   * What learning begins with: the network's own weights; of factors the first is random, as in LoRA's code (uniform within 1/√in), the
   * other zero, so that they add nothing.
   * @param random of each input, by its place: numbers from -1 to 1
   * @throws AppError bundle-invalid where the file of the weights has gone
   */
  initial(random: (index: number) => () => number): Map<string, Float32Array> {
    return new Map(
      this.inputs.map((learnt, index) => [learnt.name, this.#begin(learnt, random(index))] as const),
    );
  }

  #begin({ part, dims: [rows, columns], own }: LearntInput, random: () => number): Float32Array {
    if (!own) {
      if (part === 'up') return new Float32Array(rows * columns);
      const most = 1 / Math.sqrt(columns);
      return Float32Array.from({ length: rows * columns }, () => most * random());
    }
    const { tensor, turned } = own;
    const values = this.#stored(tensor);
    return turned ? transposed(values, rows, columns) : values;
  }

  #stored({ data, dims, type }: NonNullable<LearntInput['own']>['tensor']): Float32Array {
    if (data.kind === 'bytes') return floatsIn(data.bytes, type);
    assert(data.kind === 'external', 'weights are numbers');
    const length = data.length ?? tensorBytes(type, dims);
    assert(length !== null, 'weights are of a known size');
    return floatsOf({ type, dims, file: join(this.#folder, data.location), offset: data.offset, length });
  }
}

/** @param values (columns, rows) @returns (rows, columns) */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[row * columns + column] = values[column * rows + row]!;
  return turned;
}
