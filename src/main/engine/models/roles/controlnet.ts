/** A ControlNet (Zhang et al. 2023): what holds a UNet to a picture, as residuals for its skip connections and its middle. */
import { assert } from '../../../../common/errors.ts';
import type { ControlInput, LatentShape, PredictInput } from '../../diffusion/types.ts';
import { channelsOutOf } from '../../onnx/ir/channels.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import type { ValueInfo } from '../../onnx/ir/types.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { type FusedOperator, fuse } from '../../onnx/passes/fused-attention.ts';
import { step } from '../../onnx/passes/pass.ts';
import { batches } from '../batches.ts';
import { Buffers } from '../buffers.ts';
import { checkSize } from '../frozen-size.ts';
import { fixedDim, inputsOf, isFloat, notA, rank, take } from '../graph-values.ts';
import type { Part, Role } from '../role.ts';
import { guidanceFeed, type Row, sampleFeed, textFeeds, timestepFeed } from '../unet-feeds.ts';
import { type DenoiserInputs, denoiserInputs, refuseOthers, type UnetConfig } from './unet-io.ts';

interface Residual {
  readonly name: string;
  /** Null where nothing says them. */
  readonly channels: number | null;
}

export interface ControlNetIo extends DenoiserInputs {
  /** [B, 3, height, width] of the canvas, 0..1. */
  readonly picture: string;
  /** A scale inside of the graph, which is left at one. */
  readonly scale: { readonly name: string; readonly dims: readonly number[] } | null;
  /** In the order of the way down. */
  readonly down: readonly Residual[];
  readonly middle: Residual;
}

/** One frame in one guidance branch, and what it is held to. */
interface ControlRow extends Row {
  readonly control: ControlInput;
}

/**
 * Tells `add` each residual of each row once, (channels, h, w), unscaled; `place` counts the way down, and after it the middle.
 * @throws AppError bundle-invalid, model-failed
 */
export type AskControlNet = (
  rows: readonly ControlRow[],
  shape: LatentShape,
  add: (place: number, row: number, residual: Float32Array, dims: readonly number[]) => void,
) => Promise<void>;

/** Rows of one run: the branches of a frame. More at once are not faster, and frames that see each other are many. */
const TOGETHER = 2;

export const controlNet = {
  id: 'controlNet',
  label: 'the ControlNet',
  io: controlNetIo,
  passes: (purpose, fused) => [...fuse(purpose === 'forward' ? fused : null), step(float32Io)],
  functions: makeAsk,
} as const satisfies Role<ControlNetIo, UnetConfig, FusedOperator | null, AskControlNet>;

const WHAT = 'ControlNet';

/** @throws defect when the graph is no ControlNet */
function controlNetIo(model: Model, file: string, config: UnetConfig = {}): ControlNetIo {
  const inputs = inputsOf(model);
  const told = denoiserInputs(model, inputs, { file, what: WHAT }, config);
  const isPicture = (v: ValueInfo) => isFloat(v) && rank(v) === 4;
  const picture = take(inputs, ['controlnet_cond'], (v) => inputs.rest.has(v) && isPicture(v));
  if (!picture) throw notA(file, WHAT, 'it takes no picture (controlnet_cond)', inputs.list);
  const scale = take(inputs, ['conditioning_scale'], () => false);
  refuseOthers(file, inputs);
  const residuals = model.graph.outputs.filter(isPicture);
  const middle = residuals.find(({ name }) => /mid/.test(name)) ?? residuals.at(-1);
  const down = residuals.filter((one) => one !== middle);
  if (!middle || down.length === 0)
    throw notA(file, WHAT, 'it makes nothing for skip connections', model.graph.outputs);
  const residual = (value: ValueInfo): Residual => ({
    name: value.name,
    channels: fixedDim(value, 1) ?? channelsOutOf(model.graph, value.name),
  });
  return {
    ...told,
    picture: picture.name,
    scale: scale ? { name: scale.name, dims: rank(scale) === 1 ? [1] : [] } : null,
    down: down.map(residual),
    middle: residual(middle),
  };
}

function makeAsk({ session, io, file }: Part<ControlNetIo>): AskControlNet {
  const buffers = new Buffers();
  const names = [...io.down, io.middle].map(({ name }) => name);
  return async (rows, shape, add) => {
    checkSize(file, io.fixed, shape);
    const size = io.fixed.batch ?? (rows.length % TOGETHER === 0 ? TOGETHER : 1);
    const done = new Set<number>();
    for (const chosen of batches(rows.length, size)) {
      const together = chosen.map((row) => rows[row]!);
      // A network with further channels (depth) has ControlNets that see the latent alone.
      const plain = together.map((row) => ({ ...row, input: seenBy(io, row.input, shape) }));
      const feeds = {
        ...sampleFeed(io, shape, plain, buffers),
        ...timestepFeed(io, plain),
        ...textFeeds(io, plain, buffers),
        ...guidanceFeed(io, plain, buffers),
        [io.picture]: pictureFeed(together, shape, buffers),
        ...(io.scale && {
          [io.scale.name]: { type: 'float32', data: Float32Array.of(1), dims: io.scale.dims } as const,
        }),
      };
      const made = await session.run(feeds, names);
      for (const [place, name] of names.entries()) {
        const { data, dims } = made[name]!;
        const [, ...inner] = dims;
        const length = data.length / together.length;
        for (const [at, row] of chosen.entries())
          if (!done.has(row)) add(place, row, data.subarray(at * length, (at + 1) * length), inner);
      }
      for (const row of chosen) done.add(row);
    }
  };
}

function seenBy(
  { inChannels }: ControlNetIo,
  input: PredictInput,
  { height, width }: LatentShape,
): PredictInput {
  if (input.latent.length < inChannels * height * width) return input;
  const { structure: _, ...plain } = input;
  return plain;
}

/** Bytes of a canvas, grey or RGB, as planes 0..1. */
function pictureFeed(rows: readonly ControlRow[], { height, width }: LatentShape, buffers: Buffers) {
  const { size } = rows[0]!.control;
  assert(size.width % width === 0 && size.height % height === 0, 'the picture is of the canvas');
  const plane = size.width * size.height;
  const data = buffers.float('picture', rows.length * 3 * plane);
  for (const [row, { control }] of rows.entries()) {
    const { picture } = control;
    const channels = picture.length / plane;
    assert(channels === 1 || channels === 3, `${picture.length} bytes are no picture of the canvas`);
    for (let c = 0; c < 3; c++) {
      const start = (row * 3 + c) * plane;
      const from = channels === 3 ? c : 0;
      for (let i = 0; i < plane; i++) data[start + i] = picture[i * channels + from]! / 255;
    }
  }
  return { type: 'float32', data, dims: [rows.length, 3, size.height, size.width] } as const;
}
