/** How much memory an edit takes, before anything is computed. Estimates: within a factor of two. */
import type { Layout } from './layout.ts';
import type { ReadModel } from './model.ts';
import type { ReadBundle } from './read.ts';
import { USUAL_WIDTHS } from './roles/unet-io.ts';
import type { Call, Foretold, FusedParts } from './types.ts';

const FLOAT = 4;
/** Scores and their softmax. */
const ATTENTION_BUFFERS = 2;
/** Of all tokens that a frame attends to: themselves, their keys and values, as they are and turned. */
const TOKEN_BUFFERS = 5;
/** Widest pictures alive at once in a residual block: input, two inner values, output. */
const BLOCK_BUFFERS = 4;
const USUAL_VAE_WIDTHS = [128, 256, 512, 512];
const USUAL_HEADS = 8;

/** Of a latent. */
interface Size {
  readonly height: number;
  readonly width: number;
}

export interface UnetSize {
  readonly config: Layout['unet'];
  /** Where an export froze it. */
  readonly batch: number | null;
  /** Of every self-attention. */
  readonly siteChannels: readonly number[];
  /** Its self-attention is one operator, which never holds all scores. */
  readonly fused?: boolean;
}

/** Bytes that a call of the UNet makes beside its weights; the runtime keeps as much from then on. */
export function callBytes(unet: UnetSize, latent: Size, call: Call): number {
  const widths = unet.config.block_out_channels ?? USUAL_WIDTHS;
  const area = latent.height * latent.width;
  // The finest level with self-attention has the longest rows: SD's is the first, XL's the second.
  const channels = Math.min(...unet.siteChannels);
  const level = Math.max(0, widths.indexOf(channels));
  const tokens = unet.siteChannels.length === 0 ? 0 : area / 4 ** level;
  // Layers without a bank attend to their own tokens in any case.
  const seen = Math.max(1, call.bank + (call.joint ? call.frames : call.self ? 1 : 0));
  const scores = unet.fused ? 0 : headsAt(unet, level) * tokens * tokens * seen * ATTENTION_BUFFERS;
  const keys = tokens * (widths[level] ?? 0) * seen * TOKEN_BUFFERS;
  const maps = area * widths[0]! * (BLOCK_BUFFERS + 3 * widths.length);
  const row = FLOAT * (scores + keys + maps) + call.bank * featureBytes(unet, latent);
  return (unet.batch ?? call.frames * call.branches) * row;
}

/** Skips of each level where nothing says how many. */
const USUAL_LAYERS = 2;
/** Residuals: as the ControlNets give them, and as they are fed. */
const RESIDUAL_BUFFERS = 2;

/** What ControlNets make: each as much as the UNet for one frame, whose way down is its own, and their residuals of all rows. */
function controlBytes(unet: UnetSize, latent: Size, call: Call, count: number): number {
  if (count === 0) return 0;
  const widths = unet.config.block_out_channels ?? USUAL_WIDTHS;
  const { layers_per_block: each = USUAL_LAYERS } = unet.config;
  const layersAt = (level: number) => (Array.isArray(each) ? (each[level] ?? USUAL_LAYERS) : each);
  const area = latent.height * latent.width;
  // The first convolution's, the layers' of every level, and those between levels.
  const skips = widths.reduce((sum, width, level) => {
    const between = level < widths.length - 1 ? area / 4 ** (level + 1) : 0;
    return sum + width * (layersAt(level) * (area / 4 ** level) + between);
  }, widths[0]! * area);
  const alone: Call = { frames: 1, branches: call.branches, bank: 0, self: true, joint: false };
  const rows = unet.batch ?? call.frames * call.branches;
  return count * callBytes(unet, latent, alone) + FLOAT * RESIDUAL_BUFFERS * rows * skips;
}

/** Bytes of the tokens that one frame lends in one guidance branch. */
export function featureBytes({ config, siteChannels }: UnetSize, { height, width }: Size): number {
  const widths = config.block_out_channels ?? USUAL_WIDTHS;
  return siteChannels.reduce((sum, channels) => {
    const level = Math.max(0, widths.indexOf(channels));
    return sum + (FLOAT * channels * height * width) / 4 ** level;
  }, 0);
}

function headsAt({ config }: UnetSize, level: number): number {
  const heads = config.num_attention_heads ?? config.attention_head_dim ?? USUAL_HEADS;
  return Array.isArray(heads) ? (heads[level] ?? USUAL_HEADS) : (heads as number);
}

/** Bytes that the VAE makes beside its weights; its middle block attends with one head over the whole latent. */
export function vaeBytes(
  { block_out_channels }: Layout['vae'],
  { height, width }: Size,
  factor: number,
  fused = false,
): number {
  const widths = block_out_channels ?? USUAL_VAE_WIDTHS;
  const area = height * width;
  const pixels = area * factor * factor;
  const scores = fused ? 0 : area * area * ATTENTION_BUFFERS;
  return FLOAT * (pixels * Math.max(widths[0]!, widths[1] ?? 0) * BLOCK_BUFFERS + scores);
}

export interface MemoryEstimate {
  /** Bytes of all weights as the CPU computes with them, in float32. */
  readonly weights: number;
  /** Bytes of what passes make on top, of UNet and VAE: the runtime keeps what each needed at most. */
  readonly pass: number;
}

/** Guided: the anchor by itself, the others attending to it and to the previous frame. The runtime keeps room for both. */
const USUAL_CALLS: readonly Call[] = [
  { frames: 1, branches: 2, bank: 0, self: true, joint: false },
  { frames: 1, branches: 2, bank: 2, self: false, joint: false },
];

/** Of an edit on a square of this side in pixels; `parameters` of all parts together. */
export function estimateMemory(
  vae: Layout['vae'],
  unet: UnetSize,
  {
    parameters,
    side,
    factor,
  }: { readonly parameters: number; readonly side: number; readonly factor: number },
): MemoryEstimate {
  const latent = { height: side / factor, width: side / factor };
  return {
    weights: parameters * FLOAT,
    pass: USUAL_CALLS.reduce(
      (sum, call) => sum + callBytes(unet, latent, call),
      vaeBytes(vae, latent, factor),
    ),
  };
}

interface Sizes {
  /** ControlNets beside the UNet. */
  readonly controlNets?: number;
  readonly unet: Omit<UnetSize, 'siteChannels' | 'fused'>;
  readonly vae: Layout['vae'];
  readonly factor: number;
  readonly parameters: number;
  readonly fused?: { readonly unet: boolean; readonly vae: boolean };
}

/** What `foretell` wants to know of a bundle: numbers, and none of its graphs. */
export function sizesOf(
  { layout, parts, geometry }: ReadBundle,
  attention: FusedParts,
  controlNets: readonly Pick<ReadModel, 'graph'>[] = [],
): Sizes {
  const read = [parts.unet, parts.vaeEncoder, parts.vaeDecoder, ...controlNets];
  const graphs = read.map(({ graph }) => graph.model.graph);
  return {
    unet: { config: layout.unet, batch: parts.unet.io.fixed.batch },
    vae: layout.vae,
    factor: geometry.factor,
    controlNets: controlNets.length,
    fused: { unet: attention.unet !== null, vae: attention.vae !== null },
    parameters: graphs
      .flatMap(({ initializers }) => [...initializers.values()])
      .reduce((sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1), 0),
  };
}

/** Of UNet, VAE and ControlNets, as they are computed with. */
export function weightBytes({ parameters }: Sizes): number {
  return parameters * FLOAT;
}

/**
 * @param siteChannels of every self-attention that lends its tokens; without any the finest level is taken to have one
 * @param deepChannels of what the depth makes for the outermost layers, where that is kept
 */
export function foretell(
  sizes: Sizes,
  siteChannels: readonly number[],
  latent: Size,
  deepChannels = 0,
): Foretold {
  const [finest] = sizes.unet.config.block_out_channels ?? USUAL_WIDTHS;
  const lent = siteChannels.length > 0 ? siteChannels : [finest!];
  const unet = { ...sizes.unet, siteChannels: lent, fused: sizes.fused?.unet };
  return {
    weights: weightBytes(sizes),
    vae: vaeBytes(sizes.vae, latent, sizes.factor, sizes.fused?.vae),
    features: featureBytes({ ...unet, siteChannels }, latent),
    deep: FLOAT * deepChannels * latent.height * latent.width,
    call: (call) => callBytes(unet, latent, call) + controlBytes(unet, latent, call, sizes.controlNets ?? 0),
  };
}
