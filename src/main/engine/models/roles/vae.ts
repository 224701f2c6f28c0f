/** What both halves of a VAE have in common: one picture in, one picture out. */
import { z } from 'zod';
import { assert } from '../../../../common/errors.ts';
import { channelsInto, channelsOutOf } from '../../onnx/ir/channels.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import type { ValueInfo } from '../../onnx/ir/types.ts';
import { type FixedSize, fixedSize } from '../frozen-size.ts';
import { fixedDim, inputsOf, isFloat, notA, rank, take, type Values } from '../graph-values.ts';
import type { Runner } from '../role.ts';

const statistics = z.array(z.number()).min(1).nullish();
export const vaeConfig = z.object({
  scaling_factor: z.number().gt(0).nullish(),
  shift_factor: z.number().nullish(),
  latents_mean: statistics,
  latents_std: statistics,
  latent_channels: z.int().min(1).optional(),
  block_out_channels: z.array(z.int().min(1)).min(1).optional(),
});

export type VaeConfig = z.output<typeof vaeConfig>;

export interface VaeIo {
  readonly input: string;
  readonly inChannels: number | null;
  readonly output: string;
  readonly outChannels: number | null;
  readonly fixed: FixedSize;
}

/** Where latents live: latent = (E(x) - shift) · scale, per channel. */
export interface LatentSpace {
  readonly channels: number;
  /** Pixels per latent element along a side. */
  readonly factor: number;
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

/** One picture in, one picture out: VAE encoder and decoder. @throws defect when the graph has another form */
export function vaeIo(model: Model, file: string): VaeIo {
  const inputs = inputsOf(model);
  const image = (v: ValueInfo) => isFloat(v) && (rank(v) ?? 4) === 4;
  const input = take(inputs, ['sample', 'latent_sample', 'latent'], image);
  const outputs: Values = { list: model.graph.outputs, rest: new Set() };
  const output = take(
    outputs,
    ['latent_parameters', 'latent_sample', 'latent_dist.mean', 'latents', 'sample'],
    image,
  );
  if (!input || !image(input) || inputs.rest.size > 0) {
    throw notA(file, 'VAE', 'it must have one input, a picture or a latent', inputs.list);
  }
  if (!output || !isFloat(output)) throw notA(file, 'VAE', 'it has no output', outputs.list);
  return {
    input: input.name,
    inChannels: fixedDim(input, 1) ?? channelsInto(model.graph, input.name),
    output: output.name,
    outChannels: fixedDim(output, 1) ?? channelsOutOf(model.graph, output.name),
    fixed: fixedSize(input),
  };
}

/** What runs it, as a whole or in tiles. */
export function runnerOf(whole: Runner, tiled: Runner | undefined, inTiles = false): Runner {
  if (!inTiles) return whole;
  assert(tiled, 'a VAE that works in tiles is opened so');
  return tiled;
}

/** Changes (channels, size) in place. */
export function eachChannel(
  data: Float32Array,
  size: number,
  change: (value: number, channel: number) => number,
): void {
  for (let i = 0, c = 0; i < data.length; c++) {
    for (const end = i + size; i < end; i++) data[i] = change(data[i]!, c);
  }
}
