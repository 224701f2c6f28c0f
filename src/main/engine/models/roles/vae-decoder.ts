/** Scaled latents to pixels. */
import { AppError, assert } from '../../../../common/errors.ts';
import type { Latent, LatentShape } from '../../diffusion/types.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { type FusedOperator, fuse } from '../../onnx/passes/fused-attention.ts';
import { step } from '../../onnx/passes/pass.ts';
import { Buffers } from '../buffers.ts';
import { checkSize, filled } from '../frozen-size.ts';
import type { Part, Role } from '../role.ts';
import { eachChannel, type LatentSpace, runnerOf, type VaeIo, vaeIo } from './vae.ts';

/** Scaled latent to RGB float32 (h·w·3, interleaved, 0..1, clamped). */
export type Decode = (
  latent: Latent,
  shape: LatentShape,
  space: LatentSpace,
  inTiles?: boolean,
) => Promise<Float32Array>;

export const vaeDecoder = {
  id: 'vaeDecoder',
  label: 'the VAE decoder',
  folder: 'vae_decoder',
  io: vaeIo,
  tiles: (io: VaeIo) => io,
  passes: (purpose, fused) => [...fuse(purpose === 'forward' ? fused : null), step(float32Io)],
  functions: makeDecode,
} as const satisfies Role<VaeIo, void, FusedOperator | null, Decode>;

function makeDecode({ session, tiled, io, file }: Part<VaeIo>): Decode {
  const buffers = new Buffers();
  return async (latent, { channels, height, width }, { factor, scale, shift }, inTiles) => {
    assert(
      latent.length === channels * height * width,
      `a latent of ${latent.length} is not ${channels}×${height}×${width}`,
    );
    checkSize(file, io.fixed, { height, width });
    const data = buffers.float('latent', latent.length);
    data.set(latent);
    eachChannel(data, height * width, (value, c) => value / scale[c]! + shift[c]!);
    const { input, output, fixed } = io;
    const feed = filled(data, [channels, height, width], fixed.batch);
    const made = await runnerOf(session, tiled, inTiles).run({ [input]: feed }, [output]);
    const plane = height * width * factor * factor;
    const all = made[output]!.data;
    const planar = all.subarray(0, all.length / (fixed.batch ?? 1));
    if (planar.length !== plane * 3) {
      throw new AppError(
        'bundle-invalid',
        `the decoder gives [${made[output]!.dims}] for a latent of [${feed.dims}]`,
        {
          doing: `running ${file}`,
          hint: 'The parts of the bundle belong to different models.',
        },
      );
    }
    const rgb = new Float32Array(plane * 3);
    for (let i = 0; i < plane; i++) {
      for (let c = 0; c < 3; c++) rgb[i * 3 + c] = unit(planar[c * plane + i]! / 2 + 0.5);
    }
    return rgb;
  };
}

/** Clamps to 0..1; NaN stays NaN, so that a failed decode is not taken for black. */
function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
