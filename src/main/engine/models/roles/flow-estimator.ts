/** A network's eye for motion: two pictures to the flow between them (RAFT, Teed and Deng 2020, and its like). */
import { AppError } from '../../../../common/errors.ts';
import { type Flow, toGrid } from '../../flow/flow.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import type { ValueInfo } from '../../onnx/ir/types.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { step } from '../../onnx/passes/pass.ts';
import { type FixedSize, filled, fixedSize } from '../frozen-size.ts';
import { fixedDim, inputsOf, isFloat, notA, rank, take, type Values } from '../graph-values.ts';
import { isPicture, networkSize, toPlanes } from '../picture-planes.ts';
import type { PictureRange } from '../preprocessor.ts';
import type { Part, Role } from '../role.ts';
import type { FlowEstimator } from '../types.ts';

export interface FlowIo {
  /** [B, 3, h, w] each: the picture the motion begins in, and the one it leads to. */
  readonly from: string;
  readonly to: string;
  /** [B, 2, h, w], x then y, in pixels. */
  readonly output: string;
  readonly fixed: FixedSize;
}

export const flowEstimator = {
  id: 'flowEstimator',
  label: 'the flow estimator',
  folder: 'flow_estimator',
  // Without it Retake estimates flow by itself.
  optional: true,
  io: flowIo,
  passes: () => [step(float32Io)],
  functions: (part) => (range) => makeEstimator(part, range),
} as const satisfies Role<FlowIo, void, void, (range: PictureRange) => FlowEstimator>;

/** @throws defect when the graph does not make one flow of two pictures */
function flowIo(model: Model, file: string): FlowIo {
  const inputs = inputsOf(model);
  const from = take(inputs, ['image1', 'frame1', 'img1', 'image_1', 'input1'], isPicture);
  const rest: Values = { list: [...inputs.rest], rest: inputs.rest };
  const to = take(rest, ['image2', 'frame2', 'img2', 'image_2', 'input2'], isPicture);
  if (!from || !to || !isPicture(from) || !isPicture(to) || inputs.rest.size > 0) {
    throw notA(file, 'flow estimator', 'it must have two inputs, RGB pictures', inputs.list);
  }
  // Networks that refine step by step give all their steps: the last is the best.
  const fits = (v: ValueInfo) => isFloat(v) && (rank(v) ?? 4) === 4 && (fixedDim(v, 1) ?? 2) === 2;
  const outputs: Values = { list: model.graph.outputs.toReversed(), rest: new Set() };
  const output = take(outputs, ['flow', 'flow_up'], fits);
  if (!output || !fits(output)) {
    const missing = 'it has no output [batch, 2, height, width]';
    throw notA(file, 'flow estimator', missing, model.graph.outputs);
  }
  return { from: from.name, to: to.name, output: output.name, fixed: fixedSize(from) };
}

function makeEstimator({ session, io, file }: Part<FlowIo>, range: PictureRange): FlowEstimator {
  return {
    async estimate(a, b, width, height): Promise<Flow> {
      const size = networkSize(io.fixed, range, { width, height });
      const feed = (rgb: Uint8Array) =>
        filled(toPlanes(rgb, { width, height }, size, range), [3, size.height, size.width], io.fixed.batch);
      const { data, dims } = (await session.run({ [io.from]: feed(a), [io.to]: feed(b) }, [io.output]))[
        io.output
      ]!;
      const [, axes, rows, columns] = dims;
      if (dims.length !== 4 || axes !== 2 || rows !== size.height || columns !== size.width) {
        throw new AppError(
          'bundle-invalid',
          `the flow estimator gives [${dims}], not one flow [1, 2, ${size.height}, ${size.width}]`,
          { doing: `running ${file}`, hint: 'Export it again with the flow of the size of its pictures.' },
        );
      }
      return toGrid({ ...size, data: data.slice(0, 2 * size.width * size.height) }, width, height);
    },
  };
}
