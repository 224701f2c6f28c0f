/**
 * The two networks of a captioner (BLIP, Li et al. 2022; ViT with GPT-2): one turns a picture into states, the other goes on with a text
 * that is about them. Names are those of optimum's exports and of BLIP's.
 */
import { AppError } from '../../../../common/errors.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import type { ValueInfo } from '../../onnx/ir/types.ts';
import type { Feed, RunTensor } from '../../onnx/ort.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { step } from '../../onnx/passes/pass.ts';
import { defect } from '../files.ts';
import { fixedDim, inputsOf, integerType, isFloat, notA, rank, take, type Values } from '../graph-values.ts';
import { finite, isPicture } from '../picture-planes.ts';
import type { PictureSize } from '../preprocessor.ts';
import type { Part, Role } from '../role.ts';
import type { PreparedPicture } from './image-processor.ts';
import { integerFeed } from './text-encoder.ts';

export const CHOOSE =
  'Choose the folder of a captioner: BLIP or ViT with GPT-2, exported to ONNX by optimum.';

interface VisionIo {
  readonly pixels: string;
  /** [1, states, width] */
  readonly states: string;
  /** Of pictures it was frozen at. */
  readonly frozen: { readonly width: number | null; readonly height: number | null };
}

/** A picture to its states, (1, n, width). @throws AppError model-failed, not-finite */
type SeePicture = (picture: PreparedPicture) => Promise<RunTensor>;

interface Vision {
  readonly frozen: VisionIo['frozen'];
  readonly see: SeePicture;
}

export const captionerVision = {
  id: 'captionerVision',
  label: 'the eye of the captioner',
  io: visionIo,
  passes: () => [step(float32Io)],
  functions: ({ session, io, file }): Vision => ({
    frozen: io.frozen,
    async see(picture) {
      const made = (await session.run({ [io.pixels]: { type: 'float32', ...picture } }, [io.states]))[
        io.states
      ]!;
      finite(made.data, 'look at the picture', file);
      return made;
    },
  }),
} as const satisfies Role<VisionIo, void, void, Vision>;

/** Refuses what was frozen at another size than its pictures are made. @throws AppError bundle-invalid */
export function checkPictures(
  { io, file }: { readonly io: VisionIo; readonly file: string },
  size: PictureSize,
) {
  const { width, height } = io.frozen;
  if ((width ?? size.width) === size.width && (height ?? size.height) === size.height) return;
  const message = `the network wants pictures of ${width}×${height}, preprocessor_config.json makes ${size.width}×${size.height}`;
  throw defect(file, message, 'Download the model again, all of its files.');
}

function visionIo(model: Model, file: string): VisionIo {
  const inputs = inputsOf(model);
  const pixels = take(inputs, ['pixel_values'], isPicture);
  if (!pixels || !isPicture(pixels) || inputs.rest.size > 0)
    throw notA(file, 'eye of a captioner', 'it must have one input, an RGB picture', inputs.list);
  const outputs: Values = { list: model.graph.outputs, rest: new Set() };
  const fits = (v: ValueInfo) => isFloat(v) && (rank(v) ?? 3) === 3;
  const states = take(outputs, ['last_hidden_state', 'encoder_hidden_states', 'image_embeds'], fits);
  if (!states || !fits(states))
    throw notA(file, 'eye of a captioner', 'it makes no states [batch, length, width]', outputs.list);
  const frozen = { height: fixedDim(pixels, 2), width: fixedDim(pixels, 3) };
  return { pixels: pixels.name, states: states.name, frozen };
}

interface IntegerInput {
  readonly name: string;
  readonly type: 'int64' | 'int32';
}

/** What it is given of the text so far. */
interface Memory {
  readonly input: string;
  /** With nothing in it; null where the graph does not say how wide it is. */
  readonly empty: readonly number[] | null;
}

interface TextIo {
  readonly ids: IntegerInput;
  readonly mask: IntegerInput | null;
  /** Null where what it remembers holds the picture too. */
  readonly states: string | null;
  readonly statesMask: IntegerInput | null;
  readonly memory: readonly Memory[];
  /** Of two graphs in one: which is to run. */
  readonly branch: string | null;
  /** Outputs that a graph with a memory takes in, by what that calls them. */
  readonly present: ReadonlyMap<string, string>;
  /** [1, tokens, vocabulary] */
  readonly logits: string;
}

/** By the name that inputs and outputs have in common: "0.key". */
export type Remembered = ReadonlyMap<string, RunTensor>;

interface Asked {
  /** Those that are new: all, where nothing is remembered. */
  readonly ids: readonly number[];
  /** How many the text has with them. */
  readonly length: number;
  readonly states: RunTensor;
  readonly remembered: Remembered | null;
  /** Whether it shall tell what to remember. */
  readonly keeps: boolean;
}

interface Told {
  /** How likely each token of the vocabulary comes next. */
  readonly scores: Float32Array;
  readonly remembered: Remembered;
}

interface Text {
  /** What it gives to remember, and what it must be given. */
  readonly gives: ReadonlySet<string>;
  readonly wants: ReadonlySet<string>;
  next(asked: Asked): Promise<Told>;
}

export const captionerText = {
  id: 'captionerText',
  label: 'the decoder of the captioner',
  io: textIo,
  passes: () => [step(float32Io)],
  functions: makeText,
} as const satisfies Role<TextIo, void, void, Text>;

const WHAT = 'decoder of a captioner';
const PAST = 'past_key_values.';
const PRESENT = 'present.';

function textIo(model: Model, file: string): TextIo {
  const inputs = inputsOf(model);
  const { list } = inputs;
  const named = (...names: readonly string[]) => {
    const found = list.find(({ name }) => names.includes(name));
    if (found) inputs.rest.delete(found);
    return found;
  };
  const integer = (...names: readonly string[]): IntegerInput | null => {
    const found = named(...names);
    if (!found) return null;
    const type = integerType(found);
    if (type === null) throw notA(file, WHAT, `${found.name} must be int64 or int32`, list);
    const frozen = fixedDim(found, 1);
    if (/^(decoder_)?input_ids$/.test(found.name) && frozen !== null && frozen > 1)
      throw notA(file, WHAT, `it was exported for texts of ${frozen} tokens only`, list);
    return { name: found.name, type };
  };
  const ids = integer('input_ids', 'decoder_input_ids');
  if (!ids) throw notA(file, WHAT, 'it takes no text (input_ids)', list);
  const mask = integer('attention_mask', 'decoder_attention_mask');
  const states = named('encoder_hidden_states');
  const statesMask = integer('encoder_attention_mask');
  const branch = named('use_cache_branch');
  const outputs = model.graph.outputs;
  const past = list.filter(({ name }) => name.startsWith(PAST));
  const memory = past.map((value): Memory => {
    inputs.rest.delete(value);
    return { input: value.name, empty: emptyOf(value) };
  });
  if (!states && memory.length === 0)
    throw notA(file, WHAT, 'it takes nothing of a picture (encoder_hidden_states)', list);
  const [unknown] = inputs.rest;
  if (unknown) throw notA(file, WHAT, `its input ${unknown.name} is not known`, list);
  const fits = (v: ValueInfo) => isFloat(v) && (rank(v) ?? 3) === 3;
  const logits = take({ list: outputs, rest: new Set() }, ['logits'], fits);
  if (!logits || !fits(logits)) throw notA(file, WHAT, 'it has no output logits', outputs);
  const present = outputs.flatMap(({ name }) =>
    name.startsWith(PRESENT) ? [[name.slice(PRESENT.length), name] as const] : [],
  );
  return {
    ...{ ids, mask, states: states?.name ?? null, statesMask, memory },
    ...{ branch: branch?.name ?? null, present: new Map(present), logits: logits.name },
  };
}

/** [1, heads, 0, width] */
function emptyOf({ dims }: ValueInfo): readonly number[] | null {
  const [, heads, , width] = dims ?? [];
  return typeof heads === 'number' && typeof width === 'number' ? [1, heads, 0, width] : null;
}

function makeText({ session, io, file }: Part<TextIo>): Text {
  const shortOf = (input: string) => input.slice(PAST.length);
  const ones = (input: IntegerInput | null, length: number): Record<string, Feed> =>
    input ? { [input.name]: integerFeed(new Int32Array(length).fill(1), input.type) } : {};
  const memoryFeeds = (remembered: Remembered | null): Record<string, Feed> =>
    Object.fromEntries(
      io.memory.map(({ input, empty }) => {
        const known = remembered?.get(shortOf(input));
        if (known) return [input, { type: 'float32', ...known }];
        if (remembered || !empty) throw defect(file, `there is nothing for its input ${input}`, CHOOSE);
        return [input, { type: 'float32', data: new Float32Array(0), dims: empty }];
      }),
    );
  return {
    gives: new Set(io.present.keys()),
    wants: new Set(io.memory.map(({ input }) => shortOf(input))),
    async next({ ids, length, states, remembered, keeps }) {
      const feeds: Record<string, Feed> = {
        [io.ids.name]: integerFeed(Int32Array.from(ids), io.ids.type),
        ...ones(io.mask, length),
        ...(io.states && { [io.states]: { type: 'float32', ...states } }),
        ...ones(io.statesMask, states.dims[1]!),
        ...memoryFeeds(remembered),
        ...(io.branch && {
          [io.branch]: { type: 'bool', data: Uint8Array.of(remembered ? 1 : 0), dims: [1] },
        }),
      };
      const present = keeps ? io.present : new Map<string, string>();
      const made = await session.run(feeds, [io.logits, ...present.values()]);
      const now = new Map(remembered ?? []);
      for (const [short, name] of present) {
        // What is kept of the picture never changes; exports leave it empty from the second call on.
        if (remembered?.has(short) && short.includes('encoder')) continue;
        now.set(short, made[name]!);
      }
      return { scores: lastRow(made[io.logits]!, ids.length, file), remembered: now };
    },
  };
}

function lastRow({ data, dims }: RunTensor, tokens: number, file: string): Float32Array {
  const [batch, rows, words] = dims;
  if (dims.length !== 3 || batch !== 1 || !words || (rows !== tokens && rows !== 1)) {
    const message = `its decoder gives [${dims}], not the likelihood of each token [1, ${tokens}, words]`;
    throw new AppError('bundle-invalid', message, { doing: `running ${file}`, hint: CHOOSE });
  }
  return finite(data.slice(data.length - words), 'judgement of words', file);
}
