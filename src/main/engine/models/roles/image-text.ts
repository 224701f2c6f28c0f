/** The two networks of an image-text model (CLIP, Radford et al. 2021), with their projections: both give directions of length one. */
import { AppError, assert } from '../../../../common/errors.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { step } from '../../onnx/passes/pass.ts';
import { defect } from '../files.ts';
import { fixedDim, inputsOf, integerType } from '../graph-values.ts';
import type { Role } from '../role.ts';
import type { PreparedPicture } from './image-processor.ts';
import { integerFeed } from './text-encoder.ts';

export const CHOOSE =
  'Choose the folder of a CLIP model as its repository has it, or exported for transformers.js.';
const TEXT_OUTPUT = 'text_embeds';
export const VISION_OUTPUT = 'image_embeds';
export const PIXELS = 'pixel_values';

type Integer = 'int64' | 'int32';

interface ImageTextTextIo {
  readonly idsType: Integer;
  /** Of the mask of what is read, null where the network takes none. */
  readonly maskType: Integer | null;
  /** Tokens it was frozen at. */
  readonly length: number | null;
}

interface ImageTextVisionIo {
  /** Of pictures it was frozen at. */
  readonly width: number | null;
  readonly height: number | null;
}

/** @param read how many ids are text, its start and end with it; the rest is padding */
export type EmbedIds = (ids: Int32Array, read: number) => Promise<Float32Array>;
type EmbedPicture = (picture: PreparedPicture) => Promise<Float32Array>;

/** What a picture was embedded to, and the way back to it. */
interface RecordedEmbedding {
  /** Of length one. */
  readonly embedding: Float32Array;
  /** Σ cotangent · ∂embedding/∂picture: as large as the picture. */
  pull(cotangent: Float32Array): Promise<Float32Array>;
}

interface PictureEncoder {
  readonly embed: EmbedPicture;
  /** Of one that was opened to be followed back. @throws AppError as Recorder.record */
  readonly record: (picture: PreparedPicture) => Promise<RecordedEmbedding>;
}

export const imageTextText = {
  id: 'imageTextText',
  label: 'text_model.onnx',
  io: textIo,
  passes: () => [step(float32Io)],
  functions:
    ({ session, io, file }) =>
    async (ids, read) => {
      const mask = ids.map((_, i) => (i < read ? 1 : 0));
      const feeds = {
        input_ids: integerFeed(ids, io.idsType),
        ...(io.maskType && { attention_mask: integerFeed(mask, io.maskType) }),
      };
      const made = await session.run(feeds, [TEXT_OUTPUT]);
      return normalised(made[TEXT_OUTPUT]!.data, file);
    },
} as const satisfies Role<ImageTextTextIo, void, void, EmbedIds>;

export const imageTextVision = {
  id: 'imageTextVision',
  label: 'vision_model.onnx',
  io: visionIo,
  passes: () => [step(float32Io)],
  functions: ({ session, recorder, file }): PictureEncoder => ({
    async embed(picture) {
      const made = await session.run({ [PIXELS]: { type: 'float32', ...picture } }, [VISION_OUTPUT]);
      return normalised(made[VISION_OUTPUT]!.data, file);
    },
    async record(picture) {
      assert(recorder, `${file} was opened to be followed back`);
      const feeds = { [PIXELS]: { type: 'float32', ...picture } } as const;
      const recorded = await recorder.record(feeds, [VISION_OUTPUT], [PIXELS]);
      const { data } = recorded.outputs[VISION_OUTPUT]!;
      const embedding = normalised(data, file);
      return {
        embedding,
        async pull(cotangent) {
          // e = v/‖v‖ changes across v alone: (c - (c·e)e)/‖v‖.
          const along = embedding.reduce((sum, value, i) => sum + value * cotangent[i]!, 0);
          const length = Math.hypot(...data);
          const by = embedding.map((value, i) => (cotangent[i]! - along * value) / length);
          return (await recorded.pull({ [VISION_OUTPUT]: by }, [PIXELS]))[PIXELS]!.data;
        },
      };
    },
  }),
} as const satisfies Role<ImageTextVisionIo, void, void, PictureEncoder>;

function textIo(model: Model, file: string): ImageTextTextIo {
  requireValues(model, file, 'text model', ['input_ids'], ['attention_mask'], TEXT_OUTPUT);
  const { list } = inputsOf(model);
  const ids = list.find(({ name }) => name === 'input_ids')!;
  const mask = list.find(({ name }) => name === 'attention_mask');
  const [idsType, maskType] = [integerType(ids), mask ? integerType(mask) : null];
  if (idsType === null || (mask && maskType === null)) {
    throw defect(file, 'the token ids and their mask must be int64 or int32', CHOOSE);
  }
  return { idsType, maskType, length: fixedDim(ids, 1) };
}

function visionIo(model: Model, file: string): ImageTextVisionIo {
  requireValues(model, file, 'vision model', [PIXELS], [], VISION_OUTPUT);
  const [pixels] = inputsOf(model).list;
  return { height: fixedDim(pixels!, 2), width: fixedDim(pixels!, 3) };
}

function requireValues(
  model: Model,
  file: string,
  what: string,
  needed: readonly string[],
  allowed: readonly string[],
  output: string,
): void {
  const names = inputsOf(model).list.map(({ name }) => name);
  const unknown = names.find((name) => ![...needed, ...allowed].includes(name));
  const missing = needed.find((name) => !names.includes(name));
  if (unknown !== undefined || missing !== undefined) {
    throw defect(
      file,
      `this is no ${what}: its inputs are ${names.join(', ')}, not ${needed.join(', ')}`,
      CHOOSE,
    );
  }
  const outputs = model.graph.outputs.map(({ name }) => name);
  if (!outputs.includes(output)) {
    const message = `this is no ${what} with projection: it has no output ${output} (found ${outputs.join(', ')})`;
    throw defect(file, message, 'Export CLIP with its projections, as for transformers.js.');
  }
}

function normalised(embedding: Float32Array, file: string): Float32Array {
  const length = Math.hypot(...embedding);
  if (length > 0 && Number.isFinite(length)) return embedding.map((value) => value / length);
  throw new AppError('model-failed', `its embedding has the length ${length}`, {
    doing: `running ${file}`,
    hint: 'The model may be damaged; download it again.',
  });
}
