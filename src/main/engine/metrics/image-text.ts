/**
 * An image-text model (CLIP, Radford et al. 2021), as its repository has it or exported for transformers.js: pictures and prompts
 * become directions that can be compared. It measures takes, and frames may be steered by it while they are made.
 */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { assert, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { partDigest } from '../models/digests.ts';
import { defect, kindOf } from '../models/files.ts';
import { checkFollowedPicture, type FollowedGraph } from '../models/followed.ts';
import { imageTextIn } from '../models/image-text-networks.ts';
import { floats } from '../models/memory/network.ts';
import { type OpenModel, openModel, openRead } from '../models/model.ts';
import { prepareRead } from '../models/prepare.ts';
import { readModel } from '../models/read-model.ts';
import { imageProcessor, prepareFollowed, readPreparation } from '../models/roles/image-processor.ts';
import { imageTextText, imageTextVision, PIXELS, VISION_OUTPUT } from '../models/roles/image-text.ts';
import { readTokenizer, TOKENIZER_FILES } from '../models/tokenizer.ts';
import type { DigestStore } from '../models/types.ts';

export interface ImageText {
  readonly name: string;
  /** cut: the part of the text the model does not read, or null. The embedding has length one. */
  embedText(text: string): Promise<{ readonly embedding: Float32Array; readonly cut: string | null }>;
  /**
   * One embedding of length one per picture.
   * @param frames RGB8 of height·width·3
   */
  embedImages(frames: readonly Uint8Array[], width: number, height: number): Promise<Float32Array[]>;
  /**
   * The same of one picture, to be followed back; of a model that was opened with gradients alone.
   * @param planes (3, height, width), 0..1: what is beyond is clipped
   */
  recordImage(planes: Float32Array, width: number, height: number): Promise<RecordedImage>;
  /** sha256 hex of all that changes its numbers. */
  digest(signal?: CancelSignal, store?: DigestStore): Promise<string>;
  /** Gives its memory back; its next use opens it again. */
  release(): Promise<void>;
  close(): Promise<void>;
}

interface RecordedImage {
  /** Of length one. */
  readonly embedding: Float32Array;
  /** Σ cotangent · ∂embedding/∂planes: as large as the planes. */
  pull(cotangent: Float32Array): Promise<Float32Array>;
}

interface OpenImageTextOptions {
  /** Whether pictures may be followed back; off unless said. */
  readonly gradients?: boolean;
}

const DOWNLOAD = 'Download the model again, all of its files.';

/**
 * All of it has run once when this returns, so that nothing is left to fail later, and holds no memory until it is used.
 * @param dir text_model.onnx and vision_model.onnx (or in onnx/), else config.json and the weights as safetensors; with
 * preprocessor_config.json and the tokenizer (or in tokenizer/)
 * @throws AppError bundle-invalid, weights-missing, model-failed naming the file; Cancelled. Nothing stays open then.
 */
export async function openImageText(
  dir: string,
  signal?: CancelSignal,
  { gradients = false }: OpenImageTextOptions = {},
): Promise<ImageText> {
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
  const vision = await openRead(imageTextVision, readVision, { ...how, gradients });
  if (vision.followed) checkVision(vision.followed, preparation.out);
  const pictures = await openModel(imageProcessor, preparation.source, { ...how, want: preparation });
  const models: readonly OpenModel[] = [text, vision, pictures];
  // Start and end of an empty text, then padding, which may be the end token again.
  const end = tokenizer.encode('').ids[1]!;

  const release = async () => {
    for (const model of models) await model.release();
  };
  const embedText: ImageText['embedText'] = async (prompt) => {
    const { ids, cut } = tokenizer.encode(prompt);
    return { embedding: await text.functions(ids, ids.indexOf(end, 1) + 1), cut };
  };
  const embedImages: ImageText['embedImages'] = async (frames, width, height) => {
    const made: Float32Array[] = [];
    for (const frame of frames)
      made.push(await vision.functions.embed(await pictures.functions(frame, width, height)));
    return made;
  };

  const recordImage: ImageText['recordImage'] = async (planes, width, height) => {
    const { prepared, pull } = prepareFollowed(preparation, planes, { width, height });
    const recorded = await vision.functions.record(prepared);
    return {
      embedding: recorded.embedding,
      pull: async (cotangent) => pull(await recorded.pull(cotangent)),
    };
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
    await release();
  }
  return {
    name,
    embedText,
    embedImages,
    recordImage,
    release,
    async digest(until, store) {
      const all = [...files, processorFile, ...TOKENIZER_FILES.map((name) => join(tokenizerFolder, name))];
      const kinds = await Promise.all(all.map(kindOf));
      return partDigest(
        all.filter((_, i) => kinds[i] === 'file'),
        store,
        until,
      );
    },
    async close() {
      for (const model of models) await model.close();
    },
  };
}

/** Of the model that was asked for last: plans ask at every change of a setting, and to derive the way back takes a while. */
let lastFollowed: { readonly key: string; readonly bytes: number } | null = null;

/**
 * That pictures of it can be followed back, for who wants to know no more: nothing is opened.
 * @returns bytes that it takes, with its weights
 * @throws AppError bundle-invalid, weights-missing naming the file, and the operator and its node
 */
export async function imageTextFollowed(dir: string): Promise<number> {
  const { vision } = await imageTextIn(dir);
  const processorFile = join(dir, 'preprocessor_config.json');
  const abouts = await Promise.all([vision.file, processorFile].map((file) => stat(file).catch(() => null)));
  const key = JSON.stringify([dir, ...abouts.map((about) => about && [about.size, about.mtimeMs])]);
  if (lastFollowed?.key === key) return lastFollowed.bytes;
  const { out } = await readPreparation(processorFile);
  const how = { variant: undefined, name: basename(dir), provider: 'cpu', gradients: true } as const;
  const prepared = prepareRead(imageTextVision, readModel(imageTextVision, vision, undefined), how);
  const { followed } = prepared;
  const recorded = prepared.recordedMemory();
  assert(followed && recorded, 'it was prepared to be followed back');
  checkVision(followed, out);
  const fed = new Map([[PIXELS, floats(1, 3, out.height, out.width)]]);
  const asked = { of: [VISION_OUTPUT], by: [PIXELS] };
  const { weights, values } = recorded.withForward(prepared.memory(), fed, asked);
  lastFollowed = { key, bytes: weights + values };
  return lastFollowed.bytes;
}

function checkVision(network: FollowedGraph, { width, height }: { width: number; height: number }): void {
  checkFollowedPicture(network, { input: PIXELS, output: VISION_OUTPUT, dims: [1, 3, height, width] });
}

/** A picture that no network should turn into nothing. */
function gradient(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
}
