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
import type { Feed, Session } from '../onnx/ort.ts';
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
 * @param onCall told of every pass
 * @returns a Predict that runs one pass at a time: its input buffers are shared by the calls
 */
export function makePredict(unet: UnetPart, shape: LatentShape, onCall: (branches: number) => void): Predict {
  const { io, sites, session } = unet;
  const buffers = new Buffers();
  const features = sites.map((site) => site.feature);
  let busy = false;

  return async (input) => {
    assert(!busy, 'two passes of one network at once');
    const batch = input.branches.length;
    checkSize(unet.file, io.fixed, { batch, height: shape.height, width: shape.width });
    const feeds: Feeds = {
      ...sampleFeed(io, shape, input, buffers),
      ...timestepFeed(io, input.timestep, batch),
      ...textFeeds(io, input.branches, buffers),
      ...attentionFeeds(sites, input.attention ?? NO_BANK, batch, buffers),
    };
    const fetches = input.capture ? [io.output, ...features] : [io.output];
    busy = true;
    onCall(batch);
    const made = await session.run(feeds, fetches).finally(() => {
      busy = false;
    });
    const output = made[io.output]!.data;
    const size = output.length / batch;
    const outputs =
      batch === 1 ? [output] : input.branches.map((_, b) => output.slice(b * size, (b + 1) * size));
    if (!input.capture) return { outputs };
    const captured = features.map((name): FeatureBlock => {
      const { data, dims } = made[name]!;
      return { branches: dims[0]!, tokens: dims[1]!, channels: dims[2]!, data };
    });
    return { outputs, features: { sites: captured } };
  };
}

/** [latent ; structure] along the channels, the same in every branch. */
function sampleFeed(io: UnetIo, shape: LatentShape, input: PredictInput, buffers: Buffers): Feeds {
  const { latent, structure, branches } = input;
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
  const data = buffers.float('sample', branches.length * size);
  for (let b = 0; b < branches.length; b++) {
    data.set(latent, b * size);
    if (structure) data.set(structure, b * size + latent.length);
  }
  const dims = [branches.length, io.inChannels, shape.height, shape.width];
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

/** Per branch and site, the tokens of all bank frames one after the other. */
function attentionFeeds(
  sites: readonly Site[],
  attention: Attention,
  batch: number,
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
    const tokens = bank.reduce((sum, frame) => sum + blockOf(frame, i, batch, site.channels).tokens, 0);
    const size = tokens * site.channels;
    const data = buffers.float(site.bank, batch * size);
    let before = 0;
    for (const frame of bank) {
      const block = frame.sites[i]!;
      const part = block.tokens * block.channels;
      for (let b = 0; b < batch; b++) {
        data.set(block.data.subarray(b * part, (b + 1) * part), b * size + before);
      }
      before += part;
    }
    feeds[site.bank] = { type: 'float32', data, dims: [batch, tokens, site.channels] };
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
