/** The bundle's own eye for depth: a picture to a map of nearness (Ranftl et al., 2021; Yang et al., 2024). */
import { AppError, assert } from '../../../../common/errors.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import type { ValueInfo } from '../../onnx/ir/types.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { step } from '../../onnx/passes/pass.ts';
import { Buffers } from '../buffers.ts';
import { checkSize, type FixedSize, filled, fixedSize } from '../frozen-size.ts';
import { fixedDim, inputsOf, isFloat, notA, rank, take, type Values } from '../graph-values.ts';
import { type PictureSize, type Preprocessor, preprocess, preprocessedSize } from '../preprocessor.ts';
import type { Part, Role } from '../role.ts';
import type { DepthEstimator } from '../types.ts';

export const depthEstimator = {
  id: 'depthEstimator',
  label: 'the depth estimator',
  folder: 'depth_estimator',
  // Without it a depth clip serves.
  optional: true,
  io: depthIo,
  passes: () => [step(float32Io)],
  functions: (part) => (preprocessor) => makeEstimator(part, preprocessor),
} as const satisfies Role<DepthIo, void, void, (preprocessor: Preprocessor) => DepthEstimator>;

export interface DepthIo {
  /** [B, 3, h, w] */
  readonly input: string;
  /** [B, h', w'], larger is nearer. */
  readonly output: string;
  readonly fixed: FixedSize;
}

/** @throws defect when the graph does not make one map of one picture */
function depthIo(model: Model, file: string): DepthIo {
  const inputs = inputsOf(model);
  const picture = (v: ValueInfo) => isFloat(v) && (rank(v) ?? 4) === 4 && (fixedDim(v, 1) ?? 3) === 3;
  const input = take(inputs, ['pixel_values'], picture);
  if (!input || !picture(input) || inputs.rest.size > 0) {
    throw notA(file, 'depth estimator', 'it must have one input, an RGB picture', inputs.list);
  }
  const outputs: Values = { list: model.graph.outputs, rest: new Set() };
  const map = (v: ValueInfo) => isFloat(v) && (rank(v) ?? 3) === 3;
  const output = take(outputs, ['predicted_depth'], map);
  if (!output || !map(output)) {
    throw notA(
      file,
      'depth estimator',
      'it has no output predicted_depth [batch, height, width]',
      outputs.list,
    );
  }
  return { input: input.name, output: output.name, fixed: fixedSize(input) };
}

/** Size in pixels at which it looks at a picture of that size. @throws AppError bundle-invalid for one it cannot run at */
export function sizeFor(
  { io, file }: Pick<Part<DepthIo>, 'io' | 'file'>,
  preprocessor: Preprocessor,
  picture: PictureSize,
): PictureSize {
  const size = preprocessedSize(preprocessor, picture);
  const { width, height } = io.fixed;
  // A processor that leaves pictures alone leaves the size to the graph.
  const wanted =
    preprocessor.do_resize === false ? { width: width ?? size.width, height: height ?? size.height } : size;
  checkSize(file, io.fixed, wanted);
  return wanted;
}

function makeEstimator({ session, io, file }: Part<DepthIo>, preprocessor: Preprocessor): DepthEstimator {
  const buffers = new Buffers();
  return {
    sizeFor: (picture) => sizeFor({ io, file }, preprocessor, picture),
    async estimate(rgb, { width, height }) {
      assert(rgb.length === width * height * 3, `${rgb.length} bytes are no ${width}×${height} RGB picture`);
      const data = buffers.float('pixels', rgb.length);
      preprocess(preprocessor, rgb, data);
      const feeds = { [io.input]: filled(data, [3, height, width], io.fixed.batch) };
      const { data: all, dims } = (await session.run(feeds, [io.output]))[io.output]!;
      const [batch, rows, columns] = dims;
      if (dims.length === 3 && batch === (io.fixed.batch ?? 1) && rows! > 0 && columns! > 0) {
        return { data: all.subarray(0, rows! * columns!), width: columns!, height: rows! };
      }
      throw new AppError('bundle-invalid', `the depth estimator gives [${dims}], not one map [1, h, w]`, {
        doing: `running ${file}`,
        hint: 'Export it again with its output predicted_depth.',
      });
    },
  };
}
