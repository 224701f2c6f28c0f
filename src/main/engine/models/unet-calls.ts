/** Calls of the UNet: which rows of the batch go together, what they are fed, and what becomes of what they make. */
import { AppError, assert } from '../../../common/errors.ts';
import type {
  DeepFeatures,
  FeatureBlock,
  LatentShape,
  PredictInput,
  PredictOutput,
} from '../diffusion/types.ts';
import type { RunTensor } from '../onnx/ort.ts';
import type { ControlResiduals } from '../onnx/passes/control-residuals.ts';
import { DEEP_FEATURES } from '../onnx/passes/deep-features.ts';
import type { Site } from '../onnx/passes/reference-attention.ts';
import { DEEP_GIVEN } from '../onnx/passes/shallow-part.ts';
import { attentionFeeds, NO_BANK } from './attention-feeds.ts';
import { batches } from './batches.ts';
import type { Buffers } from './buffers.ts';
import { controlFeeds } from './control-feeds.ts';
import type { AskControlNet } from './roles/controlnet.ts';
import type { UnetIo } from './roles/unet-io.ts';
import { type Feeds, guidanceFeed, type Row, sampleFeed, textFeeds, timestepFeed } from './unet-feeds.ts';

/** What of it runs in a call: the whole, or its outermost layers. */
export interface CalledPart {
  readonly io: UnetIo;
  readonly sites: readonly Site[];
  /** Whether its attention can look at all frames of a pass. */
  readonly joint: boolean;
  /** Whether it can look at the first frame of a call and at the one before; absent where it cannot. */
  readonly causal?: boolean;
  /** Where ControlNets reach it; absent or null where it was opened without. */
  readonly control?: ControlResiduals | null;
}

/** @param joint frames that see each other, 1 where each sees itself alone; or whether they are of a clip and each sees the first and the one before */
export async function feedsOf(
  { io, control, ...attending }: CalledPart,
  rows: readonly Row[],
  joint: number | 'causal',
  to: { shape: LatentShape; buffers: Buffers; controlNets: readonly AskControlNet[] },
): Promise<Feeds> {
  const { shape, buffers, controlNets } = to;
  const [{ input }] = rows as [Row];
  return {
    ...sampleFeed(io, shape, rows, buffers),
    ...timestepFeed(io, rows),
    ...guidanceFeed(io, rows, buffers),
    ...textFeeds(io, rows, buffers),
    ...attentionFeeds(attending, rows, joint === 'causal' ? 1 : joint, buffers, joint === 'causal'),
    ...(input.deep && deepFeed(rows, buffers)),
    ...(control && (await controlFeeds(control, controlNets, rows, shape, buffers))),
  };
}

/** What is asked of a call: its answers, and of features what some row wants. */
export function fetchesOf({ io, sites }: CalledPart, rows: readonly Row[]): string[] {
  const capture = rows.some(({ input }) => input.capture);
  const keep = rows.some(({ input }) => input.keepDeep);
  return [
    io.output,
    ...(capture ? sites.map(({ feature }) => feature) : []),
    ...(keep ? [DEEP_FEATURES] : []),
  ];
}

/** What the depth made of each row in an earlier call. */
function deepFeed(rows: readonly Row[], buffers: Buffers): Feeds {
  const given = rows.map(({ input, branch }) => {
    // Where fewer branches run than did, they are the last ones.
    const { blocks, dims } = input.deep!;
    const block = blocks[blocks.length - input.branches.length + branch];
    assert(block, `the depth ran for ${blocks.length} branches, not for ${input.branches.length}`);
    return { block, dims };
  });
  const [{ block: first, dims }] = given as [(typeof given)[0]];
  const data = buffers.float(DEEP_GIVEN, rows.length * first.length);
  for (const [row, { block }] of given.entries()) data.set(block, row * first.length);
  return { [DEEP_GIVEN]: { type: 'float32', data, dims: [rows.length, ...dims] } };
}

/** Frames vary fastest: those of one branch lie together, as joint attention wants them. */
export function rowsOf(inputs: readonly PredictInput[]): Row[] {
  const { length } = inputs[0]!.branches;
  for (const { branches } of inputs)
    assert(branches.length === length, 'frames that go together have as many branches');
  return Array.from({ length }, (_, branch) => inputs.map((input) => ({ input, branch }))).flat();
}

/** The calls of all rows: which go together, each call filled up to the batch that an export froze. Rows that see each other go together or not at all. */
export function callsOf(rows: readonly Row[], io: UnetIo, joint: boolean): Row[][] {
  const groups = joint ? [rows] : alike(rows, io);
  return groups.flatMap((group) =>
    batches(group.length, io.fixed.batch).map((chosen) => chosen.map((row) => group[row]!)),
  );
}

/** Rows that may share a pass: the same kind of attention, and one timestep where the network takes but one. */
function alike(rows: readonly Row[], { timestep }: UnetIo): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const { attention = NO_BANK } = row.input;
    const tokens = attention.bank.map(({ sites }) => sites[0]?.tokens);
    const time = timestep.shape === 'batch' ? 0 : row.input.timestep;
    const key = JSON.stringify([time, attention.self, tokens]);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}

/** @throws AppError bundle-invalid where an export froze another batch */
export function checkJoint(
  { io, joint, causal, file }: CalledPart & { readonly file: string },
  rows: number,
  how: true | 'causal' = true,
): void {
  assert(how === 'causal' ? causal : joint, 'the bundle was opened for joint attention');
  if (io.fixed.batch === null || io.fixed.batch === rows) return;
  throw new AppError('bundle-invalid', `${file} was exported for a batch of ${io.fixed.batch}`, {
    doing: 'attending to several frames jointly',
    hint: 'Export the model again with a dynamic batch, or choose another method.',
  });
}

export interface Pass {
  readonly output: RunTensor;
  /** Per site, where some row asked for them. */
  readonly blocks: readonly RunTensor[];
  /** Where some row asked for it. */
  readonly deep: RunTensor | null;
}

/** What a call made, as it was asked by `fetchesOf`. */
export function passOf({ io, sites }: CalledPart, made: Readonly<Record<string, RunTensor>>): Pass {
  return {
    output: made[io.output]!,
    blocks: sites.flatMap(({ feature }) => made[feature] ?? []),
    deep: made[DEEP_FEATURES] ?? null,
  };
}

/** Where a row's answer lies. */
export interface Place {
  readonly pass: Pass;
  readonly at: number;
}

export function placesOf(rows: readonly Row[], pass: Pass): (readonly [Row, Place])[] {
  return rows.map((row, at) => [row, { pass, at }]);
}

/** What frames are answered, from the first place of each of their rows. */
export function answersOf(
  inputs: readonly PredictInput[],
  rows: readonly Row[],
  places: ReadonlyMap<Row, Place>,
): PredictOutput[] {
  return inputs.map((input) => {
    const mine = rows.filter((row) => row.input === input).map((row) => places.get(row)!);
    const outputs = mine.map(({ pass, at }) => rowOf(pass.output, at));
    const [{ pass: one }] = mine as [Place];
    return {
      outputs,
      ...(input.capture && { features: { sites: one.blocks.map((_, i) => blockAt(mine, i)) } }),
      ...(input.keepDeep && { deep: deepAt(mine) }),
    };
  });
}

/** A copy, unless the row was alone: a view would keep the whole batch alive. */
function rowOf({ data, dims: [batch] }: RunTensor, at: number): Float32Array {
  if (batch === 1) return data;
  const size = data.length / batch!;
  return data.slice(at * size, (at + 1) * size);
}

function deepAt(places: readonly Place[]): DeepFeatures {
  const made = places.map(({ pass, at }) => ({ tensor: pass.deep!, at }));
  return {
    blocks: made.map(({ tensor, at }) => rowOf(tensor, at)),
    dims: made[0]!.tensor.dims.slice(1),
  };
}

/** One site's features of one frame, its branches one after the other. */
function blockAt(places: readonly Place[], site: number): FeatureBlock {
  const [first] = places as [Place];
  const [, tokens, channels] = first.pass.blocks[site]!.dims as [number, number, number];
  const size = tokens * channels;
  const block = { branches: places.length, tokens, channels };
  const whole = places.every(({ pass, at }, b) => pass === first.pass && at === b);
  if (whole) return { ...block, data: first.pass.blocks[site]!.data.subarray(0, places.length * size) };
  const data = new Float32Array(places.length * size);
  for (const [b, { pass, at }] of places.entries())
    data.set(pass.blocks[site]!.data.subarray(at * size, (at + 1) * size), b * size);
  return { ...block, data };
}
