/** How much memory an edit at the trained size takes, before anything is loaded. An estimate: within a factor of two. */
import type { Layout } from './layout.ts';

const FLOAT = 4;
/** With guidance both branches go through the network together. */
const BRANCHES = 2;
/** Anchor and previous frame. */
const BANK_FRAMES = 2;
/** Scores, scaled scores, their softmax and what is in between: measured at Stable Diffusion 1.5 size, from the second call on. */
const ATTENTION_BUFFERS = 3.5;
/** Widest pictures alive at once in a residual block: input, two inner values, output. */
const BLOCK_BUFFERS = 4;
/** Exports with diffusers' defaults and no config.json. */
const USUAL_WIDTHS = [320, 640, 1280, 1280];
const USUAL_VAE_WIDTHS = [128, 256, 512, 512];
const USUAL_HEADS = 8;

export interface MemoryEstimate {
  /** Bytes of all weights as the CPU computes with them, in float32. */
  readonly weights: number;
  /** Bytes of what passes make on top, of UNet and VAE: the runtime keeps what each needed at most. */
  readonly pass: number;
}

export interface MemoryOf {
  /** Of all parts together. */
  readonly parameters: number;
  /** Of the UNet, where an export froze it. */
  readonly batch: number | null;
  /** Of the picture in pixels. */
  readonly side: number;
  readonly factor: number;
  /** Of every self-attention. */
  readonly siteChannels: readonly number[];
}

export function estimateMemory(
  layout: Pick<Layout, 'unet' | 'vae'>,
  { parameters, batch, side, factor, siteChannels }: MemoryOf,
): MemoryEstimate {
  const widths = layout.unet.block_out_channels ?? USUAL_WIDTHS;
  const vaeWidths = layout.vae.block_out_channels ?? USUAL_VAE_WIDTHS;
  // The finest level with self-attention has the longest rows: SD's is the first, XL's the second.
  const level = Math.max(0, widths.indexOf(Math.min(...siteChannels)));
  const tokens = (side / factor / 2 ** level) ** 2;
  const heads = layout.unet.num_attention_heads ?? layout.unet.attention_head_dim ?? USUAL_HEADS;
  const headCount = Array.isArray(heads) ? (heads[level] ?? USUAL_HEADS) : heads;
  const scores =
    siteChannels.length === 0 ? 0 : headCount * tokens * tokens * BANK_FRAMES * ATTENTION_BUFFERS;
  const maps = (side / factor) ** 2 * widths[0]! * (BLOCK_BUFFERS + 3 * widths.length);
  const unet = (batch ?? BRANCHES) * FLOAT * (scores + maps);
  // The VAE's middle block attends with one head over the whole latent.
  const vaeScores = (side / factor) ** 4 * ATTENTION_BUFFERS;
  const vae = FLOAT * (side * side * Math.max(vaeWidths[0]!, vaeWidths[1] ?? 0) * BLOCK_BUFFERS + vaeScores);
  return { weights: parameters * FLOAT, pass: unet + vae };
}
