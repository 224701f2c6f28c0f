/** Blocks of convolutions that the UNet, the ControlNet and the VAE have in common (diffusers' ResnetBlock2D and samplers). */
import type { NetworkBuilder, Value } from './builder.ts';

/** A picture of features, [B, channels, h, w]. */
export interface Features {
  readonly value: Value;
  readonly channels: number;
}

/** How a network normalises. */
export interface Norm {
  readonly groups: number;
  readonly eps: number;
}

/** The embedded timestep behind its SiLU, [B, channels]. */
export interface Embedded {
  readonly value: Value;
  readonly channels: number;
}

/** x + f(x), f = conv·silu·norm twice; the timestep is added between. */
export function resnetBlock(
  b: NetworkBuilder,
  module: string,
  x: Features,
  { to, norm, time }: { readonly to: number; readonly norm: Norm; readonly time?: Embedded },
): Features {
  const { value, channels: from } = x;
  const first = b.silu(b.groupNorm(`${module}.norm1`, value, from, norm));
  let h = b.conv2d(`${module}.conv1`, first, { from, to }, { kernel: 3 });
  if (time) {
    const shift = b.linear(`${module}.time_emb_proj`, time.value, { from: time.channels, to });
    h = b.add(h, b.reshape(shift, 0, to, 1, 1));
  }
  const second = b.silu(b.groupNorm(`${module}.norm2`, h, to, norm));
  h = b.conv2d(`${module}.conv2`, second, { from: to, to }, { kernel: 3 });
  const short = from === to ? value : b.conv2d(`${module}.conv_shortcut`, value, { from, to }, { kernel: 1 });
  return { value: b.add(short, h), channels: to };
}

/** Half the height and width. @param pads top, left, bottom, right */
export function downsample(
  b: NetworkBuilder,
  module: string,
  { value, channels }: Features,
  pads: readonly number[],
): Features {
  const size = { from: channels, to: channels };
  return { value: b.conv2d(`${module}.conv`, value, size, { kernel: 3, stride: 2, pads }), channels };
}

export function upsample(b: NetworkBuilder, module: string, { value, channels }: Features): Features {
  const size = { from: channels, to: channels };
  return { value: b.conv2d(`${module}.conv`, b.upsample2x(value), size, { kernel: 3 }), channels };
}
