/**
 * An image-text model (CLIP, Radford et al. 2021), as its repository has it or exported for transformers.js: pictures and prompts
 * become directions that can be compared. It only measures takes; nothing that is rendered depends on it.
 */
import { basename, join } from 'node:path';
import type { CancelSignal } from '../../../common/errors.ts';
import { throwIfCancelled } from '../../../common/errors.ts';
import { partDigest } from '../models/digests.ts';
import { defect, kindOf } from '../models/files.ts';
import { imageTextIn } from '../models/image-text-networks.ts';
import { type OpenModel, openModel, openRead, readModel } from '../models/model.ts';
import { imageProcessor, readPreparation } from '../models/roles/image-processor.ts';
import { imageTextText, imageTextVision } from '../models/roles/image-text.ts';
import { readTokenizer, TOKENIZER_FILES } from '../models/tokenizer.ts';

export interface ImageText {
  readonly name: string;
  /** cut: the part of the text the model does not read, or null. The embedding has length one. */
  embedText(text: string): Promise<{ readonly embedding: Float32Array; readonly cut: string | null }>;
  /**
   * One embedding of length one per picture.
   * @param frames RGB8 of height·width·3
   */
  embedImages(frames: readonly Uint8Array[], width: number, height: number): Promise<Float32Array[]>;
  /** sha256 hex of all that changes its numbers. */
  digest(signal?: CancelSignal): Promise<string>;
  close(): Promise<void>;
}

const DOWNLOAD = 'Download the model again, all of its files.';

/**
 * All of it has run once when this returns, so that nothing is left to fail later, and holds no memory until it is used.
 * @param dir text_model.onnx and vision_model.onnx (or in onnx/), else config.json and the weights as safetensors; with
 * preprocessor_config.json and the tokenizer (or in tokenizer/)
 * @throws AppError bundle-invalid, weights-missing, model-failed naming the file; Cancelled. Nothing stays open then.
 */
export async function openImageText(dir: string, signal?: CancelSignal): Promise<ImageText> {
  const networks = await imageTextIn(dir);
  const inner = join(dir, 'tokenizer');
  const tokenizerFolder = (await kindOf(inner)) === 'folder' ? inner : dir;
  const processorFile = join(dir, 'preprocessor_config.json');

  const preparation = await readPreparation(processorFile);
  const readText = readModel(imageTextText, networks.text, undefined);
  const readVision = readModel(imageTextVision, networks.vision, undefined);
  const { width, height } = preparation.out;
  const frozen = readVision.io;
  if ((frozen.height ?? height) !== height || (frozen.width ?? width) !== width) {
    const message = `the network wants pictures of ${frozen.width}×${frozen.height}, preprocessor_config.json makes ${width}×${height}`;
    throw defect(networks.vision.file, message, DOWNLOAD);
  }
  const { length } = readText.io;
  const tokenizer = await readTokenizer({ folder: tokenizerFolder }, length);
  if (length !== null && tokenizer.length !== length) {
    const message = `the tokenizer gives ${tokenizer.length} tokens, the text model reads ${length}`;
    throw defect(networks.text.file, message, DOWNLOAD);
  }
  const files = [...new Set([readText, readVision].flatMap(({ source, graph }) => source.files(graph)))];
  const name = basename(dir);
  // On the processor, so that scores compare across machines; next to rendering it takes no time.
  const how = { variant: undefined, name, provider: 'cpu', signal } as const;
  const text = await openRead(imageTextText, readText, how);
  const vision = await openRead(imageTextVision, readVision, how);
  const pictures = await openModel(imageProcessor, preparation.source, { ...how, want: preparation });
  const models: readonly OpenModel[] = [text, vision, pictures];
  // Start and end of an empty text, then padding, which may be the end token again.
  const end = tokenizer.encode('').ids[1]!;

  const embedText: ImageText['embedText'] = async (prompt) => {
    const { ids, cut } = tokenizer.encode(prompt);
    return { embedding: await text.functions(ids, ids.indexOf(end, 1) + 1), cut };
  };
  const embedImages: ImageText['embedImages'] = async (frames, width, height) => {
    const made: Float32Array[] = [];
    for (const frame of frames)
      made.push(await vision.functions(await pictures.functions(frame, width, height)));
    return made;
  };

  try {
    const { embedding } = await embedText('a picture');
    const [picture] = await embedImages([gradient(width, height)], width, height);
    if (picture!.length !== embedding.length) {
      const message = `pictures become ${picture!.length} numbers, prompts ${embedding.length}`;
      throw defect(dir, `${message}: the two networks do not belong together`, DOWNLOAD);
    }
    throwIfCancelled(signal);
  } finally {
    for (const model of models) await model.release();
  }
  return {
    name,
    embedText,
    embedImages,
    async digest(until) {
      const all = [...files, processorFile, ...TOKENIZER_FILES.map((name) => join(tokenizerFolder, name))];
      const kinds = await Promise.all(all.map(kindOf));
      return partDigest(
        all.filter((_, i) => kinds[i] === 'file'),
        undefined,
        until,
      );
    },
    async close() {
      for (const model of models) await model.close();
    },
  };
}

/** A picture that no network should turn into nothing. */
function gradient(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
}
