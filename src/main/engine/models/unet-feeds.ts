/** What denoising networks, and the ControlNets beside them, are told alike: latents, time and text, a row of the batch each. */
import { assert } from '../../../common/errors.ts';
import type { LatentShape, PredictInput } from '../diffusion/types.ts';
import type { Feed } from '../onnx/ort.ts';
import type { Buffers } from './buffers.ts';
import type { DenoiserInputs } from './roles/unet-io.ts';

export type Feeds = Record<string, Feed>;

/** One frame in one guidance branch: a row of the batch. */
export interface Row {
  readonly input: PredictInput;
  readonly branch: number;
}

/** [latent ; structure] along the channels. */
export function sampleFeed(
  io: Pick<DenoiserInputs, 'sample' | 'inChannels'>,
  shape: LatentShape,
  rows: readonly Row[],
  buffers: Buffers,
): Feeds {
  const plane = shape.height * shape.width;
  const size = io.inChannels * plane;
  const data = buffers.float('sample', rows.length * size);
  for (const [at, { input }] of rows.entries()) {
    const { latent, structure } = input;
    assert(
      latent.length === shape.channels * plane,
      `a latent of ${latent.length} does not fit the network's shape`,
    );
    assert(
      latent.length + (structure?.length ?? 0) === size,
      `the network wants ${io.inChannels} channels, latent and structure together`,
    );
    data.set(latent, at * size);
    if (structure) data.set(structure, at * size + latent.length);
  }
  const dims = [rows.length, io.inChannels, shape.height, shape.width];
  return { [io.sample]: { type: 'float32', data, dims } };
}

export function timestepFeed({ timestep }: Pick<DenoiserInputs, 'timestep'>, rows: readonly Row[]): Feeds {
  const values = rows.map(({ input }) => input.timestep);
  const shared = timestep.shape !== 'batch';
  if (shared)
    assert(
      values.every((value) => value === values[0]),
      'one timestep for all rows of a pass',
    );
  const told = shared ? values.slice(0, 1) : values;
  const dims = timestep.shape === 'scalar' ? [] : [told.length];
  if (!timestep.integer) return { [timestep.name]: { type: 'float32', data: Float32Array.from(told), dims } };
  for (const value of told)
    assert(Number.isInteger(value), `the network takes whole timesteps, not ${value}`);
  return timestep.integer === 'int32'
    ? { [timestep.name]: { type: 'int32', data: Int32Array.from(told), dims } }
    : { [timestep.name]: { type: 'int64', data: BigInt64Array.from(told, BigInt), dims } };
}

export function guidanceFeed(
  { guidance }: Pick<DenoiserInputs, 'guidance'>,
  rows: readonly Row[],
  buffers: Buffers,
): Feeds {
  if (guidance === null) return {};
  const waves = rows.map(({ input }) => guidanceWaves(input.guidance ?? 1, guidance.width));
  return { [guidance.name]: stack('guidance', waves, [rows.length, guidance.width], buffers) };
}

/** Guidances are told in thousandths, as large as timesteps. */
const GUIDANCE_SCALE = 1000;
const LONGEST_WAVE = 10_000;

/**
 * How a distilled network is told w = guidance - 1 (Meng et al. 2023; get_guidance_scale_embedding of diffusers): sines of w times
 * half of the frequencies, then cosines; an odd width ends with a zero.
 */
export function guidanceWaves(guidance: number, width: number): Float32Array {
  const half = Math.floor(width / 2);
  const at = (i: number) => GUIDANCE_SCALE * (guidance - 1) * LONGEST_WAVE ** (-i / (half - 1));
  return Float32Array.from({ length: width }, (_, i) => {
    if (i >= 2 * half) return 0;
    return i < half ? Math.sin(at(i)) : Math.cos(at(i - half));
  });
}

export function textFeeds(
  io: Pick<DenoiserInputs, 'hidden' | 'added'>,
  rows: readonly Row[],
  buffers: Buffers,
): Feeds {
  const branches = rows.map(({ input, branch }) => input.branches[branch]!);
  const { tokens, dim } = branches[0]!;
  for (const branch of branches)
    assert(branch.tokens === tokens && branch.dim === dim, 'branches differ in shape');
  const dims = [branches.length, tokens, dim];
  const feeds: Feeds = {
    [io.hidden]: stack(
      'hidden',
      branches.map((b) => b.hidden),
      dims,
      buffers,
    ),
  };
  if (io.added === null) return feeds;
  const pooled = branches.map((branch) => branch.pooled ?? missing('pooled text'));
  const timeIds = branches.map((branch) => branch.timeIds ?? missing('size conditions'));
  feeds[io.added.pooled] = stack('pooled', pooled, [branches.length, pooled[0]!.length], buffers);
  feeds[io.added.timeIds] = stack('timeIds', timeIds, [branches.length, timeIds[0]!.length], buffers);
  return feeds;
}

function missing(what: string): never {
  throw new Error(`assertion failed: an XL network needs ${what}`);
}

function stack(name: string, rows: readonly Float32Array[], dims: number[], buffers: Buffers): Feed {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = buffers.float(name, size);
  for (const [b, row] of rows.entries()) {
    assert(row.length * rows.length === size, `${name} of branch ${b} has ${row.length} elements`);
    data.set(row, b * row.length);
  }
  return { type: 'float32', data, dims };
}
