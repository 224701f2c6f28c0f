/**
 * An image-text model (CLIP, Radford et al. 2021) as it is exported for transformers.js: pictures and prompts become
 * directions that can be compared. It only measures takes; nothing that is rendered depends on it.
 */
import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError, type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { partDigest } from '../models/digests.ts';
import { defect, kindOf } from '../models/files.ts';
import { readTokenizer, TOKENIZER_FILES } from '../models/tokenizer.ts';
import { createSession, type Feed, type Session } from '../onnx/ort.ts';
import { float32Io } from '../onnx/passes/float-io.ts';
import { applyPasses, step } from '../onnx/passes/pass.ts';
import { loadGraph } from '../onnx/slim.ts';
import { openImageProcessor } from './image-processor.ts';

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

const CHOOSE = 'Choose the folder of a CLIP model exported for transformers.js.';
const DOWNLOAD = 'Download the model again, all of its files.';

/**
 * Both networks have run once when this returns, so that nothing is left to fail later.
 * @param dir text_model.onnx and vision_model.onnx (or in onnx/), preprocessor_config.json, the tokenizer (or in tokenizer/)
 * @throws AppError bundle-invalid, weights-missing, model-failed naming the file; Cancelled. Nothing stays open then.
 */
export async function openImageText(dir: string, signal?: CancelSignal): Promise<ImageText> {
  const toClose: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of toClose.splice(0)) await end();
  };
  try {
    return await assemble(dir, { signal, close, closeLater: (end) => toClose.push(end) });
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opening {
  readonly signal: CancelSignal | undefined;
  /** Closes everything said to closeLater. */
  readonly close: () => Promise<void>;
  readonly closeLater: (end: () => Promise<void>) => void;
}

async function assemble(dir: string, { signal, close, closeLater }: Opening): Promise<ImageText> {
  if ((await kindOf(dir)) !== 'folder') throw defect(dir, 'there is no such folder', CHOOSE);
  const files = { text: await graphFile(dir, 'text_model'), vision: await graphFile(dir, 'vision_model') };
  const inner = join(dir, 'tokenizer');
  const tokenizerFolder = (await kindOf(inner)) === 'folder' ? inner : dir;
  const processorFile = join(dir, 'preprocessor_config.json');

  const processor = await openImageProcessor(processorFile);
  closeLater(() => processor.close());
  const weights: string[] = [];
  const open = async (file: string): Promise<Session> => {
    throwIfCancelled(signal);
    const { model, folder, files } = loadGraph(file, { root: dir });
    weights.push(...new Set([realpathSync(file), ...files]));
    // On the processor, so that scores compare across machines; next to rendering it takes no time.
    const label = `${basename(file)} of ${basename(dir)}`;
    applyPasses(model, [step(float32Io)], label);
    const session = await createSession(model, { folder, provider: 'cpu', label });
    closeLater(() => session.release());
    return session;
  };
  const text = await open(files.text);
  const vision = await open(files.vision);
  const { idsType, length, masked } = textInputs(text, files.text);
  checkVision(vision, files.vision, processor);
  const tokenizer = await readTokenizer(tokenizerFolder, length);
  if (length !== null && tokenizer.length !== length) {
    const message = `the tokenizer gives ${tokenizer.length} tokens, the text model reads ${length}`;
    throw defect(files.text, message, DOWNLOAD);
  }
  // Start and end of an empty text, then padding, which may be the end token again.
  const end = tokenizer.encode('').ids[1]!;

  const embedText: ImageText['embedText'] = async (prompt) => {
    const { ids, cut } = tokenizer.encode(prompt);
    const read = ids.indexOf(end, 1) + 1;
    const feeds: Record<string, Feed> = { input_ids: integers(ids, idsType) };
    const mask = ids.map((_, i) => (i < read ? 1 : 0));
    if (masked) feeds.attention_mask = integers(mask, masked);
    const made = await text.run(feeds, [TEXT_OUTPUT]);
    return { embedding: normalised(made[TEXT_OUTPUT]!.data, files.text), cut };
  };
  const embedImages: ImageText['embedImages'] = async (frames, width, height) => {
    const made: Float32Array[] = [];
    for (const frame of frames) {
      const picture = await processor.run(frame, width, height);
      const run = await vision.run({ [PIXELS]: { type: 'float32', ...picture } }, [VISION_OUTPUT]);
      made.push(normalised(run[VISION_OUTPUT]!.data, files.vision));
    }
    return made;
  };

  throwIfCancelled(signal);
  const { embedding } = await embedText('a picture');
  const { width, height } = processor;
  const [picture] = await embedImages([gradient(width, height)], width, height);
  if (picture!.length !== embedding.length) {
    const message = `pictures become ${picture!.length} numbers, prompts ${embedding.length}`;
    throw defect(dir, `${message}: the two networks do not belong together`, DOWNLOAD);
  }
  return {
    name: basename(dir),
    embedText,
    embedImages,
    async digest(until) {
      const all = [...weights, processorFile, ...TOKENIZER_FILES.map((name) => join(tokenizerFolder, name))];
      const kinds = await Promise.all(all.map(kindOf));
      return partDigest(
        all.filter((_, i) => kinds[i] === 'file'),
        undefined,
        until,
      );
    },
    close,
  };
}

const TEXT_OUTPUT = 'text_embeds';
const VISION_OUTPUT = 'image_embeds';
const PIXELS = 'pixel_values';

async function graphFile(dir: string, name: string): Promise<string> {
  const places = [join(dir, `${name}.onnx`), join(dir, 'onnx', `${name}.onnx`)];
  for (const place of places) if ((await kindOf(place)) === 'file') return place;
  throw defect(dir, `there is no ${name}.onnx, nor onnx/${name}.onnx`, CHOOSE);
}

type Integer = 'int64' | 'int32';

function textInputs(
  session: Session,
  file: string,
): { idsType: Integer; length: number | null; masked: Integer | null } {
  requireValues(session, file, 'text model', ['input_ids'], ['attention_mask'], TEXT_OUTPUT);
  const typeOf = (name: string) => session.inputs.find((input) => input.name === name)?.type ?? null;
  const [ids, mask] = [typeOf('input_ids'), typeOf('attention_mask')];
  const integer = (type: string | null): type is Integer => type === 'int64' || type === 'int32';
  if (!integer(ids) || !(mask === null || integer(mask))) {
    throw defect(file, 'the token ids and their mask must be int64 or int32', CHOOSE);
  }
  const length = session.inputs.find(({ name }) => name === 'input_ids')!.dims[1];
  return { idsType: ids, length: typeof length === 'number' && length > 0 ? length : null, masked: mask };
}

function checkVision(session: Session, file: string, makes: { width: number; height: number }): void {
  requireValues(session, file, 'vision model', [PIXELS], [], VISION_OUTPUT);
  const [, , height, width] = session.inputs[0]!.dims;
  const differs = (wanted: unknown, made: number) =>
    typeof wanted === 'number' && wanted > 0 && wanted !== made;
  if (differs(height, makes.height) || differs(width, makes.width)) {
    const message = `the network wants pictures of ${width}×${height}, preprocessor_config.json makes ${makes.width}×${makes.height}`;
    throw defect(file, message, DOWNLOAD);
  }
}

function requireValues(
  session: Session,
  file: string,
  what: string,
  needed: readonly string[],
  allowed: readonly string[],
  output: string,
): void {
  const names = session.inputs.map(({ name }) => name);
  const unknown = names.find((name) => ![...needed, ...allowed].includes(name));
  const missing = needed.find((name) => !names.includes(name));
  if (unknown !== undefined || missing !== undefined) {
    throw defect(
      file,
      `this is no ${what}: its inputs are ${names.join(', ')}, not ${needed.join(', ')}`,
      CHOOSE,
    );
  }
  const outputs = session.outputs.map(({ name }) => name);
  if (!outputs.includes(output)) {
    const message = `this is no ${what} with projection: it has no output ${output} (found ${outputs.join(', ')})`;
    throw defect(file, message, 'Export CLIP with its projections, as for transformers.js.');
  }
}

function integers(ids: Int32Array, type: Integer): Feed {
  const dims = [1, ids.length];
  return type === 'int32' ? { type, data: ids, dims } : { type, data: BigInt64Array.from(ids, BigInt), dims };
}

/** A picture that no network should turn into nothing. */
function gradient(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
}

function normalised(embedding: Float32Array, file: string): Float32Array {
  const length = Math.hypot(...embedding);
  if (length > 0 && Number.isFinite(length)) return embedding.map((value) => value / length);
  throw new AppError('model-failed', `its embedding has the length ${length}`, {
    doing: `running ${file}`,
    hint: 'The model may be damaged; download it again.',
  });
}
