/** Scaled latents to pixels. */
import { AppError, assert } from '../../../../common/errors.ts';
import type { Latent, LatentShape } from '../../diffusion/types.ts';
import type { RunTensor } from '../../onnx/ort.ts';
import { float32Io } from '../../onnx/passes/float-io.ts';
import { type FusedOperator, fuse } from '../../onnx/passes/fused-attention.ts';
import { step } from '../../onnx/passes/pass.ts';
import { Buffers } from '../buffers.ts';
import { checkSize, filled } from '../frozen-size.ts';
import type { Part, Role } from '../role.ts';
import { eachChannel, type LatentSpace, runnerOf, type VaeIo, vaeIo } from './vae.ts';

/** Scaled latent to RGB float32 (h·w·3, interleaved, 0..1, clamped). */
type Decode = (
  latent: Latent,
  shape: LatentShape,
  space: LatentSpace,
  inTiles?: boolean,
) => Promise<Float32Array>;

/** The picture of a latent, and the way back to it. */
export interface RecordedPicture {
  /** (3, h, w), about 0..1: not clamped. */
  readonly planes: Float32Array;
  /** Σ cotangent · ∂planes/∂latent. @param cotangent as large as the planes */
  pull(cotangent: Float32Array): Promise<Latent>;
}

/** As a whole, never in tiles. @throws AppError as Recorder.record */
type RecordDecode = (latent: Latent, shape: LatentShape, space: LatentSpace) => Promise<RecordedPicture>;

interface Decoder {
  readonly decode: Decode;
  /** Of one that was opened to be followed back. */
  readonly record: RecordDecode;
}

export const vaeDecoder = {
  id: 'vaeDecoder',
  label: 'the VAE decoder',
  folder: 'vae_decoder',
  io: vaeIo,
  tiles: (io: VaeIo) => io,
  passes: (purpose, by) => [...fuse(purpose === 'forward' ? by : null), step(float32Io)],
  functions: (part): Decoder => ({ decode: makeDecode(part), record: makeRecord(part) }),
} as const satisfies Role<VaeIo, void, FusedOperator | null, Decoder>;

function makeDecode(part: Part<VaeIo>): Decode {
  const { session, tiled, io } = part;
  const buffers = new Buffers();
  return async (latent, shape, space, inTiles) => {
    const feed = feedOf(part, latent, shape, space, buffers.float('latent', latent.length));
    const made = await runnerOf(session, tiled, inTiles).run({ [io.input]: feed }, [io.output]);
    const planar = planesOf(part, made[io.output]!, feed, space);
    const plane = planar.length / 3;
    const rgb = new Float32Array(planar.length);
    for (let i = 0; i < plane; i++) {
      for (let c = 0; c < 3; c++) rgb[i * 3 + c] = unit(planar[c * plane + i]! / 2 + 0.5);
    }
    return rgb;
  };
}

function makeRecord(part: Part<VaeIo>): RecordDecode {
  const { recorder, io, file } = part;
  const { input, output } = io;
  return async (latent, shape, space) => {
    assert(recorder, `${file} was opened to be followed back`);
    const feed = feedOf(part, latent, shape, space, new Float32Array(latent.length));
    const recorded = await recorder.record({ [input]: feed }, [output], [input]);
    const made = recorded.outputs[output]!;
    const planar = planesOf(part, made, feed, space);
    return {
      planes: planar.map((value) => value / 2 + 0.5),
      async pull(cotangent) {
        // Of a frozen batch only the first picture counts.
        const by = new Float32Array(made.data.length);
        for (let i = 0; i < cotangent.length; i++) by[i] = cotangent[i]! / 2;
        const pulled = await recorded.pull({ [output]: by }, [input]);
        const gradient = pulled[input]!.data.slice(0, latent.length);
        eachChannel(gradient, shape.height * shape.width, (value, c) => value / space.scale[c]!);
        return gradient;
      },
    };
  };
}

/** @param data of the latent's length; it is written to */
function feedOf(
  { io, file }: Part<VaeIo>,
  latent: Latent,
  { channels, height, width }: LatentShape,
  { scale, shift }: LatentSpace,
  data: Float32Array,
) {
  assert(
    latent.length === channels * height * width,
    `a latent of ${latent.length} is not ${channels}×${height}×${width}`,
  );
  checkSize(file, io.fixed, { height, width });
  data.set(latent);
  eachChannel(data, height * width, (value, c) => value / scale[c]! + shift[c]!);
  return filled(data, [channels, height, width], io.fixed.batch);
}

/** (3, h, w) of the first picture, -1..1. @throws AppError bundle-invalid where it is of another size */
function planesOf(
  { io, file }: Part<VaeIo>,
  { data, dims }: RunTensor,
  feed: { readonly dims: readonly number[] },
  { factor }: LatentSpace,
): Float32Array {
  const planar = data.subarray(0, data.length / (io.fixed.batch ?? 1));
  const [, , height, width] = feed.dims;
  if (planar.length === 3 * height! * width! * factor * factor) return planar;
  throw new AppError('bundle-invalid', `the decoder gives [${dims}] for a latent of [${feed.dims}]`, {
    doing: `running ${file}`,
    hint: 'The parts of the bundle belong to different models.',
  });
}

/** Clamps to 0..1; NaN stays NaN, so that a failed decode is not taken for black. */
function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
