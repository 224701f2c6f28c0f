/** The denoising network as a function of plain arrays; all frames of a call and all their guidance branches are one batch. */
import { AppError, assert } from '../../../common/errors.ts';
import type { DeepFeatures, FeatureBlock, LatentShape, Predict, PredictInput } from '../diffusion/types.ts';
import type { RunTensor } from '../onnx/ort.ts';
import type { ControlResiduals } from '../onnx/passes/control-residuals.ts';
import { DEEP_FEATURES } from '../onnx/passes/deep-features.ts';
import type { Site } from '../onnx/passes/reference-attention.ts';
import { DEEP_GIVEN } from '../onnx/passes/shallow-part.ts';
import { attentionFeeds, NO_BANK } from './attention-feeds.ts';
import { batches } from './batches.ts';
import { Buffers } from './buffers.ts';
import { controlFeeds } from './control-feeds.ts';
import { checkSize } from './frozen-size.ts';
import type { Runner } from './role.ts';
import type { AskControlNet } from './roles/controlnet.ts';
import type { UnetIo } from './roles/unet-io.ts';
import { type Feeds, guidanceFeed, type Row, sampleFeed, textFeeds, timestepFeed } from './unet-feeds.ts';

export interface UnetPart {
  readonly session: Runner;
  readonly io: UnetIo;
  readonly sites: readonly Site[];
  /** Whether its attention can look at all frames of a pass. */
  readonly joint: boolean;
  /** Where ControlNets reach it; absent or null where it was opened without. */
  readonly control?: ControlResiduals | null;
  /** Its outermost layers alone, which are given what its depth made before; absent or null where it was opened without. */
  readonly shallow?: Pick<UnetPart, 'session' | 'sites'> | null;
  readonly file: string;
}

/** Told of every frame that goes through: its guidance branches, and whether the depth was left out. */
export type OnCall = (branches: number, shallow: boolean) => void;

/**
 * @param shape of the latents; structure, where the network takes one, has the same height and width
 * @param controlNets what the inputs' `control` counts
 * @param onLess told once, when a graphics card has no room for the rows of a call and they are parted
 * @returns a Predict that runs one call at a time: its input buffers are shared by the passes
 */
export function makePredict(
  unet: UnetPart,
  shape: LatentShape,
  onCall: OnCall,
  controlNets: readonly AskControlNet[] = [],
  onLess: () => void = () => {},
): Predict {
  const { io, control } = unet;
  const buffers = new Buffers();
  let busy = false;

  const pass = async (rows: readonly Row[], joint: number): Promise<Pass> => {
    const [{ input: first }] = rows as [Row];
    const { session, sites } = first.deep ? unet.shallow! : unet;
    const features = sites.map((site) => site.feature);
    const feeds: Feeds = {
      ...sampleFeed(io, shape, rows, buffers),
      ...timestepFeed(io, rows),
      ...guidanceFeed(io, rows, buffers),
      ...textFeeds(io, rows, buffers),
      ...attentionFeeds({ ...unet, sites }, rows, joint, buffers),
      ...(first.deep && deepFeed(rows, buffers)),
      ...(control && (await controlFeeds(control, controlNets, rows, shape, buffers))),
    };
    const capture = rows.some(({ input }) => input.capture);
    const keep = rows.some(({ input }) => input.keepDeep);
    const asked = [io.output, ...(capture ? features : []), ...(keep ? [DEEP_FEATURES] : [])];
    const made = await session.run(feeds, asked);
    return {
      output: made[io.output]!,
      blocks: capture ? features.map((name) => made[name]!) : [],
      deep: made[DEEP_FEATURES] ?? null,
    };
  };

  /** Rows that the graphics card had room for. */
  let room = Number.POSITIVE_INFINITY;
  /** In halves, and halves of those, where there is no room for all of them at once. */
  const inParts = async (rows: readonly Row[]): Promise<(readonly [Row, Place])[]> => {
    if (rows.length <= room) {
      try {
        return placesOf(rows, await pass(rows, 1));
      } catch (error) {
        const outOfRoom = error instanceof AppError && error.code === 'device-memory';
        if (!outOfRoom || rows.length === 1 || io.fixed.batch !== null) throw error;
        if (room === Number.POSITIVE_INFINITY) onLess();
        room = Math.ceil(rows.length / 2);
      }
    }
    const half = Math.ceil(rows.length / 2);
    return [...(await inParts(rows.slice(0, half))), ...(await inParts(rows.slice(half)))];
  };

  return async (inputs, joint = false) => {
    assert(!busy, 'two passes of one network at once');
    checkSize(unet.file, io.fixed, shape);
    const rows = rowsOf(inputs);
    if (joint) checkJoint(unet, rows.length);
    const shallow = isShallow(unet, inputs);
    busy = true;
    for (const { branches } of inputs) onCall(branches.length, shallow);
    try {
      const places = new Map<Row, Place>();
      for (const group of joint ? [rows] : alike(rows, io)) {
        for (const chosen of batches(group.length, io.fixed.batch)) {
          const together = chosen.map((row) => group[row]!);
          // Frames that see each other go together or not at all.
          const made = joint
            ? placesOf(together, await pass(together, inputs.length))
            : await inParts(together);
          for (const [row, place] of made) if (!places.has(row)) places.set(row, place);
        }
      }
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
    } finally {
      busy = false;
    }
  };
}

/** Frames vary fastest: those of one branch lie together, as joint attention wants them. */
function rowsOf(inputs: readonly PredictInput[]): Row[] {
  const { length } = inputs[0]!.branches;
  for (const { branches } of inputs)
    assert(branches.length === length, 'frames that go together have as many branches');
  return Array.from({ length }, (_, branch) => inputs.map((input) => ({ input, branch }))).flat();
}

/** Whether the depth is left out. */
function isShallow({ shallow, file }: UnetPart, inputs: readonly PredictInput[]): boolean {
  const [first] = inputs as [PredictInput];
  for (const { deep, keepDeep } of inputs) {
    assert(
      (deep === undefined) === (first.deep === undefined),
      'the depth runs for all frames of a call or for none',
    );
    assert(!deep || !keepDeep, 'what is given is not made');
    assert(!(deep || keepDeep) || shallow, `${file} was opened for reuse of its depth`);
  }
  return first.deep !== undefined;
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

function checkJoint({ io, joint, file }: UnetPart, rows: number): void {
  assert(joint, 'the bundle was opened for joint attention');
  if (io.fixed.batch === null || io.fixed.batch === rows) return;
  throw new AppError('bundle-invalid', `${file} was exported for a batch of ${io.fixed.batch}`, {
    doing: 'attending to several frames jointly',
    hint: 'Export the model again with a dynamic batch, or choose another method.',
  });
}

interface Pass {
  readonly output: RunTensor;
  /** Per site, where some row asked for them. */
  readonly blocks: readonly RunTensor[];
  /** Where some row asked for it. */
  readonly deep: RunTensor | null;
}

/** Where a row's answer lies. */
interface Place {
  readonly pass: Pass;
  readonly at: number;
}

function placesOf(rows: readonly Row[], pass: Pass): (readonly [Row, Place])[] {
  return rows.map((row, at) => [row, { pass, at }]);
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
