/** What of a picture is the object. */
import { AppError } from '../../../../common/errors.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import type { ValueInfo } from '../../onnx/ir/types.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { step } from '../../onnx/passes/pass.ts';
import { type FixedSize, filled, fixedSize } from '../frozen-size.ts';
import { fixedDim, inputsOf, isFloat, notA, rank, take, type Values } from '../graph-values.ts';
import { finite, isPicture, networkSize, resized, toPlanes } from '../picture-planes.ts';
import type { PictureRange } from '../preprocessor.ts';
import type { Part, Role } from '../role.ts';

interface SegmenterIo {
  /** [B, 3, h, w] */
  readonly picture: string;
  /** [B, 1, h', w'] or [B, h', w'], 0..1, or before the sigmoid where it is called logits. */
  readonly mask: string;
  readonly fixed: FixedSize;
}

/** RGB8 (h·w·3) to (h, w), 0..1. @throws AppError bundle-invalid, model-failed, not-finite */
type Segment = (
  rgb: Uint8Array,
  size: { readonly width: number; readonly height: number },
) => Promise<Float32Array>;

export const segmenter = {
  id: 'segmenter',
  label: 'the segmenter',
  folder: 'segmenter',
  optional: true,
  io: segmenterIo,
  passes: () => [step(float32Io)],
  functions: (part) => (range) => makeSegment(part, range),
} as const satisfies Role<SegmenterIo, void, void, (range: PictureRange) => Segment>;

function segmenterIo(model: Model, file: string): SegmenterIo {
  const inputs = inputsOf(model);
  const picture = take(inputs, ['pixel_values', 'input', 'image'], isPicture);
  if (!picture || !isPicture(picture) || inputs.rest.size > 0) {
    throw notA(file, 'segmenter', 'it must have one input, an RGB picture', inputs.list);
  }
  const fits = (v: ValueInfo) =>
    isFloat(v) && (rank(v) === 3 || ((rank(v) ?? 4) === 4 && (fixedDim(v, 1) ?? 1) === 1));
  const outputs: Values = { list: model.graph.outputs, rest: new Set() };
  const mask = take(outputs, ['mask', 'alpha', 'masks', 'logits', 'output'], fits);
  if (!mask || !fits(mask)) {
    throw notA(file, 'segmenter', 'it has no output [batch, 1, height, width]', outputs.list);
  }
  return { picture: picture.name, mask: mask.name, fixed: fixedSize(picture) };
}

function makeSegment({ session, io, file }: Part<SegmenterIo>, range: PictureRange): Segment {
  return async (rgb, picture) => {
    const size = networkSize(io.fixed, range, picture);
    const planes = toPlanes(rgb, picture, size, range);
    const feeds = { [io.picture]: filled(planes, [3, size.height, size.width], io.fixed.batch) };
    const { data, dims } = (await session.run(feeds, [io.mask]))[io.mask]!;
    const [rows, columns] = dims.slice(-2);
    if (!rows || !columns || (dims.length === 4 && dims[1] !== 1)) {
      throw new AppError('bundle-invalid', `the segmenter gives [${dims}], not one mask [1, 1, h, w]`, {
        doing: `running ${file}`,
        hint: 'Export it again with one mask as its output.',
      });
    }
    const made = finite(data.slice(0, rows * columns), 'mask', file);
    const share = /logit/i.test(io.mask) ? (v: number) => 1 / (1 + Math.exp(-v)) : (v: number) => v;
    const mask = resized(
      made.map((value) => Math.min(1, Math.max(0, share(value)))),
      { width: columns, height: rows },
      picture,
    );
    return mask;
  };
}
