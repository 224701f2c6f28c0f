/** A network that makes the picture between two (RIFE, Huang et al. 2022; FILM, Reda et al. 2022). */
import { AppError, assert } from '../../../../common/errors.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import type { ValueInfo } from '../../onnx/ir/types.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { step } from '../../onnx/passes/pass.ts';
import { type FixedSize, filled, fixedSize } from '../frozen-size.ts';
import { inputsOf, isFloat, notA, take, type Values } from '../graph-values.ts';
import { finite, fromPlanes, isPicture, networkSize, toPlanes } from '../picture-planes.ts';
import type { PictureRange } from '../preprocessor.ts';
import type { Part, Role } from '../role.ts';
import type { Interpolate } from '../types.ts';

export interface InterpolatorIo {
  /** [B, 3, h, w] each. */
  readonly before: string;
  readonly after: string;
  /** Where between them, 0..1, and the dimensions it has; null where the network knows the middle only. */
  readonly time: { readonly name: string; readonly dims: readonly number[] } | null;
  /** [B, 3, h, w] in the range of the inputs. */
  readonly output: string;
  readonly fixed: FixedSize;
}

export const interpolator = {
  id: 'interpolator',
  label: 'the interpolator',
  folder: 'interpolator',
  optional: true,
  io: interpolatorIo,
  passes: () => [step(float32Io)],
  functions: (part) => (range) => makeBetween(part, range),
} as const satisfies Role<InterpolatorIo, void, void, (range: PictureRange) => Interpolate>;

function interpolatorIo(model: Model, file: string): InterpolatorIo {
  const inputs = inputsOf(model);
  const before = take(inputs, ['img0', 'x0', 'frame0', 'image0'], isPicture);
  const after = take(
    { list: [...inputs.rest], rest: inputs.rest },
    ['img1', 'x1', 'frame1', 'image1'],
    isPicture,
  );
  const isTime = (v: ValueInfo) =>
    isFloat(v) && (v.dims ?? []).every((dim) => typeof dim !== 'number' || dim === 1);
  const time = take({ list: [...inputs.rest], rest: inputs.rest }, ['timestep', 'time', 't', 'dt'], isTime);
  const outputs: Values = { list: model.graph.outputs, rest: new Set() };
  const output = take(outputs, ['output', 'image', 'frame', 'merged'], isPicture);
  if (
    !before ||
    !after ||
    !isPicture(before) ||
    !isPicture(after) ||
    inputs.rest.size > 0 ||
    (time && !isTime(time))
  ) {
    const missing = 'it must have two inputs, RGB pictures, and at most a time';
    throw notA(file, 'interpolator', missing, inputs.list);
  }
  if (!output || !isPicture(output)) {
    throw notA(file, 'interpolator', 'it has no output [batch, 3, height, width]', outputs.list);
  }
  return {
    before: before.name,
    after: after.name,
    time: time ? { name: time.name, dims: (time.dims ?? []).map(() => 1) } : null,
    output: output.name,
    fixed: fixedSize(before),
  };
}

function makeBetween({ session, io, file }: Part<InterpolatorIo>, range: PictureRange): Interpolate {
  return async (a, b, picture, time = 0.5) => {
    assert(time >= 0 && time <= 1, 'a time between two pictures');
    if (!io.time && time !== 0.5) {
      throw new AppError('usage', `this interpolator makes the middle only, not ${time}`, {
        doing: `running ${file}`,
        hint: 'Use one that takes a time, or ask for the middle.',
      });
    }
    const size = networkSize(io.fixed, range, picture);
    const feed = (rgb: Uint8Array) =>
      filled(toPlanes(rgb, picture, size, range), [3, size.height, size.width], io.fixed.batch);
    const when = io.time && {
      [io.time.name]: { type: 'float32', data: Float32Array.of(time), dims: io.time.dims } as const,
    };
    const feeds = { [io.before]: feed(a), [io.after]: feed(b), ...when };
    const { data, dims } = (await session.run(feeds, [io.output]))[io.output]!;
    const [, channels, rows, columns] = dims;
    if (dims.length !== 4 || channels !== 3 || !rows || !columns) {
      throw new AppError('bundle-invalid', `the interpolator gives [${dims}], not one picture [1, 3, h, w]`, {
        doing: `running ${file}`,
        hint: 'Export it again with one picture as its output.',
      });
    }
    const planes = finite(data.subarray(0, 3 * rows * columns), 'picture', file);
    return fromPlanes(planes, { width: columns, height: rows }, picture, range);
  };
}
