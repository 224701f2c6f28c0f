/** A network that makes a larger picture of a picture (ESRGAN, Wang et al. 2018, and its like). */
import { AppError, assert } from '../../../../common/errors.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { step } from '../../onnx/passes/pass.ts';
import { type FixedSize, fixedSize } from '../frozen-size.ts';
import { fixedDim, inputsOf, notA, take, type Values } from '../graph-values.ts';
import { finite, isPicture } from '../picture-planes.ts';
import type { Part, Role, TiledIo } from '../role.ts';

interface UpscalerIo extends TiledIo {
  readonly fixed: FixedSize;
}

/** Planes (3, h, w), 0..1, to (3, s·h, s·w). */
interface LargerPicture {
  readonly planes: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** @param inTiles whether it works in bands, to the same picture but for rounding. @throws AppError bundle-invalid, model-failed, not-finite */
export type Enlarge = (
  planes: Float32Array,
  size: { readonly width: number; readonly height: number },
  inTiles: boolean,
) => Promise<LargerPicture>;

export const upscaler = {
  id: 'upscaler',
  label: 'the upscaler',
  io: upscalerIo,
  tiles: (io: UpscalerIo) => io,
  passes: () => [step(float32Io)],
  functions: makeEnlarge,
} as const satisfies Role<UpscalerIo, void, void, Enlarge>;

function upscalerIo(model: Model, file: string): UpscalerIo {
  const inputs = inputsOf(model);
  const input = take(inputs, ['input', 'image', 'pixel_values', 'lr'], isPicture);
  if (!input || !isPicture(input) || inputs.rest.size > 0)
    throw notA(file, 'upscaler', 'it must have one input, an RGB picture', inputs.list);
  const outputs: Values = { list: model.graph.outputs, rest: new Set() };
  const output = take(outputs, ['output', 'image', 'reconstruction', 'sr', 'hr'], isPicture);
  if (!output || !isPicture(output))
    throw notA(file, 'upscaler', 'it has no output [batch, 3, height, width]', outputs.list);
  const fixed = fixedSize(input);
  if (fixed.batch !== null && fixed.batch !== 1)
    throw notA(file, 'upscaler', `it was exported for ${fixed.batch} pictures at a time`, inputs.list);
  return { input: input.name, inChannels: fixedDim(input, 1), output: output.name, fixed };
}

function makeEnlarge({ session, tiled, io, file }: Part<UpscalerIo>): Enlarge {
  return async (planes, { width, height }, inTiles) => {
    assert(planes.length === 3 * width * height, `three planes of ${width}×${height}`);
    const feed = { type: 'float32', data: planes, dims: [1, 3, height, width] } as const;
    assert(!inTiles || tiled, 'it was opened for tiles');
    const made = await (inTiles ? tiled! : session).run({ [io.input]: feed }, [io.output]);
    const { data, dims } = made[io.output]!;
    const [batch, channels, rows, columns] = dims;
    const isPlanes = dims.length === 4 && batch === 1 && channels === 3;
    const [down, across] = [rows! / height, columns! / width];
    if (!isPlanes || down !== across || !Number.isInteger(down) || down < 1) {
      const message = `the upscaler makes [${dims}] of [${feed.dims}], which is no whole number of times as large`;
      throw new AppError('bundle-invalid', message, {
        doing: `running ${file}`,
        hint: 'Use another upscaler.',
      });
    }
    return { planes: finite(data, 'picture', file), width: columns!, height: rows! };
  };
}
