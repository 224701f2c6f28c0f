/** The denoising network as a function of plain arrays; all guidance branches go through it in one batch. */
import { assert } from '../../../common/errors.ts';
import type {
  Attention,
  Conditioning,
  FeatureBlock,
  Features,
  LatentShape,
  Predict,
  PredictInput,
} from '../diffusion/types.ts';
import type { Feed, RunTensor, Session } from '../onnx/ort.ts';
import { SELF_LENGTH, type Site } from '../onnx/passes/reference-attention.ts';
import { Buffers } from './buffers.ts';
import type { UnetIo } from './io.ts';
import { checkSize } from './vae.ts';

export interface UnetPart {
  readonly session: Session;
  readonly io: UnetIo;
  readonly sites: readonly Site[];
  readonly file: string;
}

type Feeds = Record<string, Feed>;

/** More tokens than any picture has: the network's own keys and values all take part. */
const ALL_TOKENS = 2n ** 31n;

const NO_BANK: Attention = { bank: [], self: true };

/**
 * @param shape of the latents; structure, where the network takes one, has the same height and width
 * @param onCall told of every call
 * @returns a Predict that runs one call at a time: its input buffers are shared by the passes
 */
export function makePredict(unet: UnetPart, shape: LatentShape, onCall: (branches: number) => void): Predict {
  const { io, sites, session } = unet;
  const buffers = new Buffers();
  const features = sites.map((site) => site.feature);
  let busy = false;

  const pass = async (input: PredictInput, chosen: readonly number[]): Promise<Pass> => {
    const branches = chosen.map((branch) => input.branches[branch]!);
    const feeds: Feeds = {
      ...sampleFeed(io, shape, input, branches.length, buffers),
      ...timestepFeed(io, input.timestep, branches.length),
      ...textFeeds(io, branches, buffers),
      ...attentionFeeds(sites, input.attention ?? NO_BANK, chosen, input.branches.length, buffers),
    };
    const made = await session.run(feeds, input.capture ? [io.output, ...features] : [io.output]);
    const output = made[io.output]!;
    const blocks = input.capture ? features.map((name) => made[name]!) : [];
    return { output: output.data, blocks, batch: branches.length };
  };

  return async (input) => {
    assert(!busy, 'two passes of one network at once');
    const count = input.branches.length;
    checkSize(unet.file, io.fixed, shape);
    busy = true;
    onCall(count);
    try {
      const passes: Pass[] = [];
      for (const chosen of batches(count, io.fixed.batch)) passes.push(await pass(input, chosen));
      const outputs = passes.flatMap(({ output, batch }) => split(output, batch)).slice(0, count);
      if (!input.capture) return { outputs };
      return { outputs, features: { sites: features.map((_, site) => joined(passes, site, count)) } };
    } finally {
      busy = false;
    }
  };
}

interface Pass {
  readonly output: Float32Array;
  /** Per site, as asked for. */
  readonly blocks: readonly RunTensor[];
  readonly batch: number;
}

/** Which branches go through the network together: all, or as many as it was exported for, the last pass filled up. */
export function batches(count: number, fixed: number | null): number[][] {
  const size = fixed ?? count;
  return Array.from({ length: Math.ceil(count / size) }, (_, pass) =>
    Array.from({ length: size }, (_, i) => Math.min(pass * size + i, count - 1)),
  );
}

function split(data: Float32Array, parts: number): Float32Array[] {
  if (parts === 1) return [data];
  const size = data.length / parts;
  return Array.from({ length: parts }, (_, b) => data.slice(b * size, (b + 1) * size));
}

/** One site's features of all passes, without what only filled a pass up. */
function joined(passes: readonly Pass[], site: number, count: number): FeatureBlock {
  const blocks = passes.map(({ blocks: all }) => all[site]!);
  const [, tokens, channels] = blocks[0]!.dims as [number, number, number];
  const size = count * tokens * channels;
  if (blocks.length === 1)
    return { branches: count, tokens, channels, data: blocks[0]!.data.subarray(0, size) };
  const data = new Float32Array(size);
  let at = 0;
  for (const block of blocks) {
    const kept = block.data.subarray(0, size - at);
    data.set(kept, at);
    at += kept.length;
  }
  return { branches: count, tokens, channels, data };
}

/** [latent ; structure] along the channels, the same in every branch. */
function sampleFeed(
  io: UnetIo,
  shape: LatentShape,
  { latent, structure }: PredictInput,
  batch: number,
  buffers: Buffers,
): Feeds {
  const plane = shape.height * shape.width;
  const size = io.inChannels * plane;
  const extra = structure?.length ?? 0;
  assert(
    latent.length === shape.channels * plane,
    `a latent of ${latent.length} does not fit the network's shape`,
  );
  assert(
    latent.length + extra === size,
    `the network wants ${io.inChannels} channels, latent and structure together`,
  );
  const data = buffers.float('sample', batch * size);
  for (let b = 0; b < batch; b++) {
    data.set(latent, b * size);
    if (structure) data.set(structure, b * size + latent.length);
  }
  const dims = [batch, io.inChannels, shape.height, shape.width];
  return { [io.sample]: { type: 'float32', data, dims } };
}

function timestepFeed({ timestep }: UnetIo, value: number, batch: number): Feeds {
  const count = timestep.shape === 'batch' ? batch : 1;
  const dims = timestep.shape === 'scalar' ? [] : [count];
  if (!timestep.integer) {
    return { [timestep.name]: { type: 'float32', data: new Float32Array(count).fill(value), dims } };
  }
  assert(Number.isInteger(value), `the network takes whole timesteps, not ${value}`);
  return timestep.integer === 'int32'
    ? { [timestep.name]: { type: 'int32', data: new Int32Array(count).fill(value), dims } }
    : { [timestep.name]: { type: 'int64', data: new BigInt64Array(count).fill(BigInt(value)), dims } };
}

function textFeeds(io: UnetIo, branches: readonly Conditioning[], buffers: Buffers): Feeds {
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

/**
 * Per branch and site, the tokens of all bank frames one after the other.
 * @param chosen branches of this pass, of count in all
 */
function attentionFeeds(
  sites: readonly Site[],
  attention: Attention,
  chosen: readonly number[],
  count: number,
  buffers: Buffers,
): Feeds {
  const { bank, self } = attention;
  assert(self || bank.length > 0, 'attention without a bank needs the own tokens');
  if (sites.length === 0) {
    assert(bank.length === 0, 'the bundle was opened without reference attention');
    return {};
  }
  const length = self ? ALL_TOKENS : 0n;
  const feeds: Feeds = { [SELF_LENGTH]: { type: 'int64', data: BigInt64Array.of(length), dims: [1] } };
  for (const [i, site] of sites.entries()) {
    const tokens = bank.reduce((sum, frame) => sum + blockOf(frame, i, count, site.channels).tokens, 0);
    const size = tokens * site.channels;
    const data = buffers.float(site.bank, chosen.length * size);
    let before = 0;
    for (const frame of bank) {
      const block = frame.sites[i]!;
      const part = block.tokens * block.channels;
      for (const [b, branch] of chosen.entries()) {
        data.set(block.data.subarray(branch * part, (branch + 1) * part), b * size + before);
      }
      before += part;
    }
    feeds[site.bank] = { type: 'float32', data, dims: [chosen.length, tokens, site.channels] };
  }
  return feeds;
}

function blockOf(frame: Features, site: number, batch: number, channels: number): FeatureBlock {
  const block = frame.sites[site];
  assert(block !== undefined, `the bank has no features for site ${site}`);
  assert(block.branches === batch, `features of ${block.branches} branches in a pass of ${batch}`);
  assert(block.channels === channels, `features of ${block.channels} channels at a site of ${channels}`);
  return block;
}
