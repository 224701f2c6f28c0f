/** A captioner in a folder of its own: a picture to the words for it, the likeliest first (greedy). */
import { basename, join } from 'node:path';
import { throwIfCancelled } from '../../../common/errors.ts';
import { type CaptionRules, RULE_FILES, readCaptionRules } from './caption-rules.ts';
import { requireLent } from './contributed.ts';
import { partDigest } from './digests.ts';
import { defect, kindOf } from './files.ts';
import { type OpenModel, openModel, openRead } from './model.ts';
import type { OpenAloneOptions } from './open-alone.ts';
import { type ReadModel, readModel } from './read-model.ts';
import { CHOOSE, captionerText, captionerVision, checkPictures, type Remembered } from './roles/captioner.ts';
import { imageProcessor, type Preparation, readPreparation } from './roles/image-processor.ts';
import { onnxFile } from './source.ts';
import { readWords, WORDS_FILE, type Words } from './words.ts';

interface Caption {
  readonly text: string;
  readonly tokens: readonly number[];
  /** It was as long as it may be before it came to its end. */
  readonly cut: boolean;
}

export interface Captioner {
  readonly name: string;
  /** sha256 hex of all that changes its words, but for the provider. @throws Cancelled, AppError bundle-invalid, weights-missing */
  digest(): Promise<string>;
  /**
   * @param rgb RGB8 of height·width·3
   * @param onShare how much of the longest text is there, 0..1
   * @throws AppError model-failed, not-finite, bundle-invalid; Cancelled between two words
   */
  describe(
    rgb: Uint8Array,
    size: { readonly width: number; readonly height: number },
    onShare?: (share: number) => void,
  ): Promise<Caption>;
  close(): Promise<void>;
}

type VisionGraph = ReadModel<ReturnType<typeof captionerVision.io>>;
type TextGraph = ReadModel<ReturnType<typeof captionerText.io>>;

/** What lies in a captioner's folder, read and understood; nothing was run. */
export interface ReadCaptioner {
  readonly vision: VisionGraph;
  /** The first call of a text; the others too where there is no second graph. */
  readonly first: TextGraph;
  /** Goes on from what was remembered. */
  readonly further: TextGraph | null;
  readonly preparation: Preparation;
  readonly rules: CaptionRules;
  readonly words: Words;
  readonly files: readonly string[];
}

const VISION = ['encoder_model', 'vision_model'];
const TEXT = ['decoder_model', 'text_decoder_model', 'text_decoder'];
const FURTHER = ['decoder_with_past_model'];
const MERGED = ['decoder_model_merged'];
const PREPARATION = 'preprocessor_config.json';

/** Whether a folder has the files of one, by their names. */
export async function isCaptioner(dir: string): Promise<boolean> {
  const text = (await graphIn(dir, TEXT)) ?? (await graphIn(dir, MERGED));
  return text !== null && (await graphIn(dir, VISION)) !== null;
}

/**
 * @param dir the graphs as optimum (encoder_model, decoder_model, decoder_with_past_model or decoder_model_merged) or BLIP's exports
 * (vision_model, text_decoder_model) name them, there or in onnx/; with config.json, preprocessor_config.json and tokenizer.json
 * @throws AppError bundle-invalid, weights-missing naming the file
 */
export async function readCaptioner(dir: string): Promise<ReadCaptioner> {
  requireLent(dir);
  if ((await kindOf(dir)) !== 'folder') throw defect(dir, 'there is no such folder', CHOOSE);
  const visionFile = await graphIn(dir, VISION);
  if (visionFile === null) throw defect(dir, 'there is no encoder_model.onnx or vision_model.onnx', CHOOSE);
  const [plain, merged] = [await graphIn(dir, TEXT), await graphIn(dir, MERGED)];
  const firstFile = plain ?? merged;
  if (firstFile === null)
    throw defect(dir, 'there is no decoder_model.onnx or text_decoder_model.onnx', CHOOSE);
  const furtherFile = plain === null ? null : ((await graphIn(dir, FURTHER)) ?? merged);
  const preparation = await readPreparation(join(dir, PREPARATION));
  const vision = readModel(captionerVision, onnxFile(visionFile, { root: dir }), undefined);
  checkPictures({ io: vision.io, file: visionFile }, preparation.out);
  const read = (file: string) => readModel(captionerText, onnxFile(file, { root: dir }), undefined);
  const [first, further] = [read(firstFile), furtherFile === null ? null : read(furtherFile)];
  const rules = await readCaptionRules(dir);
  const words = await readWords(dir);
  if (rules.start >= words.size)
    throw defect(join(dir, WORDS_FILE), `it has no token ${rules.start}, with which texts begin`, CHOOSE);
  const graphs = [vision, first, ...(further ? [further] : [])];
  const beside = [PREPARATION, WORDS_FILE, ...RULE_FILES].map((name) => join(dir, name));
  const there = await Promise.all(beside.map(kindOf));
  const files = [
    ...graphs.flatMap(({ source, graph }) => source.files(graph)),
    ...beside.filter((_, i) => there[i] === 'file'),
  ];
  return { vision, first, further, preparation, rules, words, files: [...new Set(files)] };
}

/** Its sessions are opened at the first call. @throws as readCaptioner; Cancelled */
export async function openCaptioner(
  dir: string,
  { provider, digestStore, signal, untried = false }: OpenAloneOptions,
): Promise<Captioner> {
  const read = await readCaptioner(dir);
  const { rules, words } = read;
  const name = basename(dir);
  const how = { variant: undefined, name, provider, signal, untried } as const;
  const vision = await openRead(captionerVision, read.vision, how);
  const first = await openRead(captionerText, read.first, how);
  const further = read.further && (await openRead(captionerText, read.further, how));
  const pictures = await openModel(imageProcessor, read.preparation.source, {
    ...how,
    provider: 'cpu',
    want: read.preparation,
  });
  const models: OpenModel[] = [vision, first, ...(further ? [further] : []), pictures];
  const next = further?.functions ?? first.functions;
  // Of a graph with a memory, what it must be given is what the first one tells.
  const remembers = next.wants.size > 0;
  const lacking = [...next.wants].find((one) => !first.functions.gives.has(one));
  if (lacking !== undefined) {
    const message = `its two decoders do not belong together: nothing gives past_key_values.${lacking}`;
    throw defect(read.further?.source.file ?? read.first.source.file, message, CHOOSE);
  }
  return {
    name,
    digest: () => partDigest(read.files, digestStore, signal),
    async describe(rgb, { width, height }, onShare = () => {}) {
      const picture = await pictures.functions(rgb, width, height);
      const states = await vision.functions.see(picture);
      await vision.release();
      const ids = [rules.start];
      let remembered: Remembered | null = null;
      for (let made = 0; made < rules.most; made++) {
        throwIfCancelled(signal);
        onShare(made / rules.most);
        const ask: typeof next = remembered ? next : first.functions;
        const told: Awaited<ReturnType<typeof next.next>> = await ask.next({
          ids: remembered ? ids.slice(-1) : ids,
          ...{ length: ids.length, states, remembered, keeps: remembers },
        });
        if (remembers) remembered = told.remembered;
        const token = likeliest(told.scores, barred(ids, rules.repeat));
        if (token === null || rules.ends.has(token))
          return { text: words.of(ids.slice(1)), tokens: ids.slice(1), cut: false };
        ids.push(token);
      }
      return { text: words.of(ids.slice(1)), tokens: ids.slice(1), cut: true };
    },
    async close() {
      for (const model of models) await model.close();
    },
  };
}

/** Null where nothing is left. The first of those that are as likely. */
function likeliest(scores: Float32Array, without: ReadonlySet<number>): number | null {
  let best: number | null = null;
  for (const [token, score] of scores.entries())
    if (!without.has(token) && (best === null || score > scores[best]!)) best = token;
  return best;
}

/** Tokens with which the last `size` would be some that were there before. */
function barred(ids: readonly number[], size: number): ReadonlySet<number> {
  const found = new Set<number>();
  const tail = ids.slice(ids.length - (size - 1));
  if (tail.length < size - 1) return found;
  for (let at = 0; at + size <= ids.length; at++)
    if (tail.every((id, i) => ids[at + i] === id)) found.add(ids[at + size - 1]!);
  return found;
}

/** In the folder, or where transformers.js looks for them. */
async function graphIn(dir: string, names: readonly string[]): Promise<string | null> {
  for (const name of names)
    for (const file of [join(dir, `${name}.onnx`), join(dir, 'onnx', `${name}.onnx`)])
      if ((await kindOf(file)) === 'file') return file;
  return null;
}
