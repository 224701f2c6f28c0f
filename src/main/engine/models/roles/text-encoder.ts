/** CLIP's text encoder: token ids to the hidden states a network is conditioned on. XL has two side by side. */
import { z } from 'zod';
import type { Conditioning } from '../../diffusion/types.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import { tokensKnown } from '../../onnx/ir/token-table.ts';
import type { ValueInfo } from '../../onnx/ir/types.ts';
import type { Feed } from '../../onnx/ort.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { step } from '../../onnx/passes/pass.ts';
import { type PlacedVectors, placedVectors } from '../../onnx/passes/placed-vectors.ts';
import {
  fixedDim,
  inputsOf,
  integerType,
  isFloat,
  isInteger,
  notA,
  rank,
  take,
  type Values,
} from '../graph-values.ts';
import { interpolated, multiplied } from '../prompt/emphasis.ts';
import type { Chunk, PromptReading } from '../prompt/reader.ts';
import type { Part, Purpose, Role } from '../role.ts';

export const textConfig = z.object({
  hidden_size: z.int().min(1).optional(),
  num_hidden_layers: z.int().min(1).optional(),
  vocab_size: z.int().min(1).optional(),
  max_position_embeddings: z.int().min(1).optional(),
});

export type TextConfig = z.output<typeof textConfig>;

export interface TextIo {
  readonly ids: string;
  readonly idsType: 'int32' | 'int64';
  /** Tokens and batch an export froze. */
  readonly length: number | null;
  readonly batch: number | null;
  /** Tokens it knows, where its graph tells. */
  readonly vocabulary: number | null;
  /** Hidden states the network conditions on, [1, tokens, dim]. */
  readonly hidden: string;
  readonly dim: number | null;
  /** [1, dim] projection for XL's second encoder. */
  readonly pooled: string | null;
}

/** Which of its states a network is conditioned on. */
interface WantedText {
  /** XL takes the last hidden layer but one, older models the last (after its norm). */
  readonly penultimate: boolean;
  /** Whether the projection is needed (XL's second encoder). */
  readonly pooled: boolean;
}

const role = {
  label: 'the text encoder',
  // Prompts are few: the weights stay mapped, which for XL saves gigabytes.
  session: { lowMemory: true },
  io: textIo,
  passes: (_purpose: Purpose, { placing }: TextVariant) => [
    step(float32Io),
    ...(placing ? [step(placedVectors)] : []),
  ],
  functions: makeEncodeText,
} as const;

interface TextVariant {
  /** Whether vectors may stand in the place of tokens. */
  readonly placing: boolean;
}

type TextEncoder = Role<TextIo, WantedText, TextVariant, EncodeText>;

export const textEncoder = {
  ...role,
  id: 'textEncoder',
  folder: 'text_encoder',
} as const satisfies TextEncoder;
/** XL's second. */
export const textEncoder2 = {
  ...role,
  id: 'textEncoder2',
  folder: 'text_encoder_2',
} as const satisfies TextEncoder;

function textIo(model: Model, file: string, want: WantedText): TextIo {
  const inputs = inputsOf(model);
  const ids = take(inputs, ['input_ids'], (v) => isInteger(v) && rank(v) === 2);
  if (!ids || !isInteger(ids) || inputs.rest.size > 0) {
    throw notA(file, 'CLIP text encoder', 'it must have one input, token ids', inputs.list);
  }
  const outputs: Values = { list: model.graph.outputs, rest: new Set() };
  const hidden = want.penultimate
    ? penultimate(model.graph.outputs)
    : take(outputs, ['last_hidden_state'], (v) => isFloat(v) && rank(v) === 3);
  if (!hidden) {
    const missing = want.penultimate
      ? 'XL needs its hidden states as outputs (hidden_states.0, …)'
      : 'it has no output last_hidden_state';
    throw notA(file, 'CLIP text encoder', missing, outputs.list);
  }
  const pooled = take(outputs, ['text_embeds', 'pooler_output'], (v) => isFloat(v) && rank(v) === 2);
  if (want.pooled && !pooled) {
    throw notA(file, 'CLIP text encoder with projection', 'XL needs its output text_embeds', outputs.list);
  }
  return {
    ids: ids.name,
    idsType: integerType(ids) ?? 'int64',
    length: fixedDim(ids, 1),
    batch: fixedDim(ids, 0),
    vocabulary: tokensKnown(model.graph, ids.name),
    hidden: hidden.name,
    dim: fixedDim(hidden, 2),
    pooled: pooled?.name ?? null,
  };
}

/** hidden_states.0 is the embedding, the highest number the last layer. */
function penultimate(outputs: readonly ValueInfo[]): ValueInfo | undefined {
  const layers = outputs.flatMap((value) => {
    const match = /^hidden_states\.(\d+)$/.exec(value.name);
    return match ? [{ value, layer: Number(match[1]) }] : [];
  });
  return layers.sort((a, b) => a.layer - b.layer).at(-2)?.value;
}

interface EncodedText {
  /** (tokens, dim) */
  readonly hidden: Float32Array;
  readonly dim: number;
  readonly pooled: Float32Array | undefined;
}

/** What is read at once, to its hidden states; weights are left to others. */
export type EncodeText = (chunk: Pick<Chunk, 'ids' | 'vectors'>) => Promise<EncodedText>;

function makeEncodeText({ session, io, outcomes }: Part<TextIo>): EncodeText {
  const placed = outcomes.of(placedVectors);
  return async ({ ids, vectors }) => {
    const batch = io.batch ?? 1;
    const feeds = {
      [io.ids]: integerFeed(ids, io.idsType, batch),
      ...(placed && placedFeeds(placed, ids.length, vectors)),
    };
    const made = await session.run(feeds, io.pooled ? [io.hidden, io.pooled] : [io.hidden]);
    const first = (name: string) => made[name]!.data.slice(0, made[name]!.data.length / batch);
    const hidden = first(io.hidden);
    return { hidden, dim: hidden.length / ids.length, pooled: io.pooled ? first(io.pooled) : undefined };
  };
}

/** The same for all rows of a batch. */
function placedFeeds(
  { mask, rows, width }: PlacedVectors,
  tokens: number,
  vectors: Chunk['vectors'],
): Record<string, Feed> {
  const [some] = vectors.values();
  const dim = some?.length ?? width ?? 1;
  const [places, data] = [new Uint8Array(tokens), new Float32Array(tokens * dim)];
  for (const [at, vector] of vectors) {
    places[at] = 1;
    data.set(vector, at * dim);
  }
  return {
    [mask]: { type: 'bool', data: places, dims: [1, tokens, 1] },
    [rows]: { type: 'float32', data, dims: [1, tokens, dim] },
  };
}

/** One row of integers, as often as the graph was exported for: the answers are alike, the first is taken. */
export function integerFeed(row: Int32Array, type: 'int32' | 'int64', batch = 1): Feed {
  const dims = [batch, row.length];
  const all = Array.from({ length: batch * row.length }, (_, i) => row[i % row.length]!);
  return type === 'int32'
    ? { type, data: Int32Array.from(all), dims }
    : { type, data: BigInt64Array.from(all, BigInt), dims };
}

/** (tokens, a) and (tokens, b) to (tokens, a + b). */
function sideBySide(parts: readonly EncodedText[], tokens: number): { hidden: Float32Array; dim: number } {
  const dim = parts.reduce((sum, part) => sum + part.dim, 0);
  const hidden = new Float32Array(tokens * dim);
  let left = 0;
  for (const part of parts) {
    for (let t = 0; t < tokens; t++) {
      hidden.set(part.hidden.subarray(t * part.dim, (t + 1) * part.dim), t * dim + left);
    }
    left += part.dim;
  }
  return { hidden, dim };
}

/** Each chunk by itself, their states one after the other; what is pooled comes from the first. */
async function encodeChunks(
  encode: EncodeText,
  chunks: readonly Chunk[],
  { empty, weighting }: { readonly empty: Chunk; readonly weighting: PromptReading['weighting'] },
): Promise<EncodedText> {
  const known = new Map<Chunk, EncodedText>();
  const once = async (chunk: Chunk) => {
    const made = known.get(chunk) ?? (await encode(chunk));
    known.set(chunk, made);
    return made;
  };
  const first = await once(chunks[0]!);
  const size = first.hidden.length;
  const hidden = new Float32Array(chunks.length * size);
  for (const [i, chunk] of chunks.entries()) {
    const { hidden: states } = await once(chunk);
    const { weights } = chunk;
    if (weights === null) hidden.set(states, i * size);
    else if (weighting === 'a1111') hidden.set(multiplied(states, weights), i * size);
    else hidden.set(interpolated(states, (await once(empty)).hidden, weights), i * size);
  }
  return { ...first, hidden };
}

/** @param encoders in the order of the reading's */
export async function encodeTogether(
  encoders: readonly EncodeText[],
  { chunks, empty, weighting }: PromptReading,
): Promise<Conditioning> {
  const made: EncodedText[] = [];
  for (const [i, encode] of encoders.entries())
    made.push(await encodeChunks(encode, chunks[i]!, { empty: empty[i]!, weighting }));
  const tokens = made[0]!.hidden.length / made[0]!.dim;
  const { hidden, dim } = made.length === 1 ? made[0]! : sideBySide(made, tokens);
  return { hidden, tokens, dim, pooled: made.at(-1)!.pooled };
}

/** XL's micro-conditions (SDXL, section 2.2): original size, crop corner, target size, each as height, width. */
export function timeIds(size: { readonly width: number; readonly height: number }): Float32Array {
  return Float32Array.of(size.height, size.width, 0, 0, size.height, size.width);
}
