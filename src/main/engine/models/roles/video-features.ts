/** A network that turns a stretch of frames into one feature vector, for Fréchet distances: I3D (Carreira & Zisserman 2017) and the like. */
import { AppError } from '../../../../common/errors.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { step } from '../../onnx/passes/pass.ts';
import { fixedDim, inputsOf, isFloat, notA, rank } from '../graph-values.ts';
import type { Role } from '../role.ts';

export interface VideoFeaturesIo {
  readonly input: string;
  readonly output: string;
  /** Channels before frames, [B, 3, T, h, w], or frames before channels, [B, T, 3, h, w]. */
  readonly order: 'channels' | 'frames';
  /** What an export froze; null where it left it open. */
  readonly frames: number | null;
  readonly width: number | null;
  readonly height: number | null;
}

/** @param frames of 3·height·width each, prepared as the network wants them */
export type FeaturesOf = (
  frames: readonly Float32Array[],
  width: number,
  height: number,
) => Promise<Float32Array>;

const WHAT = 'network of video features';

export const videoFeatures = {
  id: 'videoFeatures',
  label: 'the network of video features',
  io(model: Model, file): VideoFeaturesIo {
    const { list } = inputsOf(model);
    const [input] = list;
    if (!input || list.length > 1 || !isFloat(input) || rank(input) !== 5)
      throw notA(file, WHAT, 'it must have one input, frames as [1, 3, T, h, w] or [1, T, 3, h, w]', list);
    const [second, third] = [fixedDim(input, 1), fixedDim(input, 2)];
    if ((second === 3) === (third === 3))
      throw notA(file, WHAT, 'of the second and third sides of its input one must be 3, the colours', list);
    const output = model.graph.outputs.find(isFloat);
    if (!output) throw notA(file, WHAT, 'it has no output of numbers', model.graph.outputs);
    return {
      input: input.name,
      output: output.name,
      order: second === 3 ? 'channels' : 'frames',
      frames: second === 3 ? third : second,
      height: fixedDim(input, 3),
      width: fixedDim(input, 4),
    };
  },
  passes: () => [step(float32Io)],
  functions:
    ({ session, io, file }) =>
    async (frames, width, height) => {
      const dims =
        io.order === 'channels' ? [1, 3, frames.length, height, width] : [1, frames.length, 3, height, width];
      const data = io.order === 'channels' ? channelsFirst(frames) : joined(frames);
      const made = await session.run({ [io.input]: { type: 'float32', data, dims } }, [io.output]);
      const feature = Float32Array.from(made[io.output]!.data);
      if (feature.every(Number.isFinite)) return feature;
      throw new AppError('model-failed', 'its features are no numbers', {
        doing: `running ${file}`,
        hint: 'The model may be damaged; download it again.',
      });
    },
} as const satisfies Role<VideoFeaturesIo, void, void, FeaturesOf>;

function joined(frames: readonly Float32Array[]): Float32Array {
  const size = frames[0]!.length;
  const all = new Float32Array(frames.length * size);
  for (const [i, frame] of frames.entries()) all.set(frame, i * size);
  return all;
}

function channelsFirst(frames: readonly Float32Array[]): Float32Array {
  const plane = frames[0]!.length / 3;
  const all = new Float32Array(frames.length * 3 * plane);
  for (const [i, frame] of frames.entries())
    for (let c = 0; c < 3; c++)
      all.set(frame.subarray(c * plane, (c + 1) * plane), (c * frames.length + i) * plane);
  return all;
}
