/** Pixels to scaled mean latents. */
import { AppError, assert } from '../../../../common/errors.ts';
import type { Latent } from '../../diffusion/types.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { type FusedOperator, fuse } from '../../onnx/passes/fused-attention.ts';
import { step } from '../../onnx/passes/pass.ts';
import { takeMean } from '../../onnx/passes/take-mean.ts';
import { Buffers } from '../buffers.ts';
import { checkSize, filled } from '../frozen-size.ts';
import type { Part, Role } from '../role.ts';
import { eachChannel, type LatentSpace, runnerOf, type VaeIo, vaeIo } from './vae.ts';

/**
 * RGB 0..255 (h·w·3, sides multiples of factor) to the scaled mean latent. An encoder with twice as many outputs as the space has
 * channels gives [mean ; log variance], and the mean counts.
 */
export type Encode = (
  rgb: Uint8Array | Float32Array,
  width: number,
  height: number,
  space: LatentSpace,
  inTiles?: boolean,
) => Promise<Latent>;

export const vaeEncoder = {
  id: 'vaeEncoder',
  label: 'the VAE encoder',
  folder: 'vae_encoder',
  io: vaeIo,
  tiles: (io: VaeIo) => io,
  passes: (purpose, fused) => [
    ...fuse(purpose === 'forward' ? fused : null),
    step(takeMean),
    step(float32Io),
  ],
  functions: makeEncode,
} as const satisfies Role<VaeIo, void, FusedOperator | null, Encode>;

function makeEncode({ session, tiled, io, file }: Part<VaeIo>): Encode {
  const buffers = new Buffers();
  return async (rgb, width, height, { channels, factor, scale, shift }, inTiles) => {
    assert(width % factor === 0 && height % factor === 0, `${width}×${height} is no multiple of ${factor}`);
    assert(rgb.length === width * height * 3, `${rgb.length} values are no ${width}×${height} RGB picture`);
    checkSize(file, io.fixed, { height, width });
    const plane = width * height;
    const data = buffers.float('pixels', plane * 3);
    for (let i = 0; i < plane; i++) {
      for (let c = 0; c < 3; c++) data[c * plane + i] = rgb[i * 3 + c]! / 127.5 - 1;
    }
    const { input, output, fixed } = io;
    const made = await runnerOf(session, tiled, inTiles).run(
      { [input]: filled(data, [3, height, width], fixed.batch) },
      [output],
    );
    const { data: all, dims } = made[output]!;
    const latent = all.subarray(0, all.length / (fixed.batch ?? 1));
    const size = (width / factor) * (height / factor);
    const found = latent.length / size;
    if (found !== channels && found !== 2 * channels) {
      throw new AppError(
        'bundle-invalid',
        `the encoder gives [${dims}], the network wants ${channels} channels`,
        {
          doing: `running ${file}`,
          hint: 'The parts of the bundle belong to different models.',
        },
      );
    }
    const mean = latent.slice(0, channels * size);
    eachChannel(mean, size, (value, c) => (value - shift[c]!) * scale[c]!);
    return mean;
  };
}
