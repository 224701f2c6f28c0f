/** Whether networks can be followed backwards, told from their graphs before anything is computed. No session is opened. */
import type { DifferentiatedBy, LatentShape } from '../diffusion/types.ts';
import { checkDifferentiable } from '../onnx/grad/chain.ts';
import { CAUSAL_LENGTH } from '../onnx/passes/causal-attention.ts';
import { JOINT_FRAMES } from '../onnx/passes/joint-attention.ts';
import type { LearntInput } from '../onnx/passes/learnt-weights.ts';
import { ALL_TOKENS, SELF_LENGTH, type Site } from '../onnx/passes/reference-attention.ts';
import { parseModel } from '../onnx/serde.ts';
import { completed, type Fed, floats, integers } from './memory/network.ts';
import { denoiserFed } from './memory/unet-calls.ts';
import { inputsBy, type UnetIo } from './roles/unet-io.ts';
import type { VaeIo } from './roles/vae.ts';

/** A graph prepared to be followed back. */
export interface FollowedGraph {
  readonly graph: Uint8Array;
  /** Path that messages name. */
  readonly file: string;
}

interface FollowedUnet extends FollowedGraph {
  readonly io: UnetIo;
  readonly sites: readonly Pick<Site, 'bank' | 'channels'>[];
  readonly learnt: readonly Pick<LearntInput, 'input'>[];
}

type Size = Pick<LatentShape, 'channels' | 'height' | 'width'>;

/**
 * Frames that see themselves alone: what lets them see others is of operators that can be followed back.
 * @throws AppError bundle-invalid naming operator, node and file
 */
export function checkFollowedUnet(unet: FollowedUnet, latent: Size, by: readonly DifferentiatedBy[]): void {
  const { io, sites, learnt } = unet;
  const rows = io.fixed.batch ?? 1;
  const fed = denoiserFed(io, rows, latent);
  for (const { bank, channels } of sites) fed.set(bank, floats(rows, 0, channels));
  fed.set(SELF_LENGTH, integers(ALL_TOKENS)).set(CAUSAL_LENGTH, integers(0)).set(JOINT_FRAMES, integers(1));
  check(unet, fed, { of: [io.output], by: inputsBy(io, learnt, by) });
}

/** @throws AppError bundle-invalid naming operator, node and file */
export function checkFollowedDecoder(
  decoder: FollowedGraph & { readonly io: VaeIo },
  { channels, height, width }: Size,
): void {
  const { input, output, fixed } = decoder.io;
  const fed = new Map([[input, floats(fixed.batch ?? 1, channels, height, width)]]);
  check(decoder, fed, { of: [output], by: [input] });
}

/** @param dims of its one input @throws AppError bundle-invalid naming operator, node and file */
export function checkFollowedPicture(
  network: FollowedGraph,
  {
    input,
    output,
    dims,
  }: { readonly input: string; readonly output: string; readonly dims: readonly number[] },
): void {
  check(network, new Map([[input, floats(...dims)]]), { of: [output], by: [input] });
}

function check(
  { graph, file }: FollowedGraph,
  named: Fed,
  asked: { readonly of: readonly string[]; readonly by: readonly string[] },
): void {
  const { inputs, initializers } = parseModel(graph, file).graph;
  checkDifferentiable(graph, completed(inputs, initializers, named), asked, `following ${file} backwards`);
}
