/** Pixels to scaled mean latents and back. */
import { AppError, assert } from '../../../common/errors.ts';
import type { Latent, LatentShape } from '../diffusion/types.ts';
import type { Session } from '../onnx/ort.ts';
import { Buffers } from './buffers.ts';
import type { FixedSize, VaeIo } from './io.ts';

/** latent = (E(x) - shift) · scale, per channel. */
export interface LatentScale {
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

export interface VaePart {
  readonly session: Session;
  readonly io: VaeIo;
  /** Path of the graph, for errors. */
  readonly file: string;
}

/** Graphs exported with frozen sizes run at no other size. wanted is in the graph's own measure, pixels or latents. */
export function checkSize(
  file: string,
  fixed: FixedSize,
  wanted: { readonly height: number; readonly width: number },
): void {
  for (const side of ['height', 'width'] as const) {
    const frozen = fixed[side];
    if (frozen === null || frozen === wanted[side]) continue;
    throw new AppError(
      'bundle-invalid',
      `the graph was exported for ${side} ${frozen} only, not ${wanted[side]}`,
      {
        doing: `running ${file}`,
        hint: 'Export it again with optimum-cli export onnx, which leaves the sizes open.',
      },
    );
  }
}

/** One picture, as often as the graph was exported for: the answers are alike, the first is taken. */
export function filled(
  data: Float32Array,
  dims: readonly number[],
  batch: number | null,
): { type: 'float32'; data: Float32Array; dims: readonly number[] } {
  if (batch === null || batch === 1) return { type: 'float32', data, dims: [1, ...dims] };
  const all = new Float32Array(batch * data.length);
  for (let b = 0; b < batch; b++) all.set(data, b * data.length);
  return { type: 'float32', data: all, dims: [batch, ...dims] };
}

/**
 * @param channels of the latent; an encoder with twice as many outputs gives [mean ; log variance], and the mean counts
 * @param factor pixels per latent element along a side
 */
export function makeEncode(vae: VaePart, scale: LatentScale, channels: number, factor: number) {
  const buffers = new Buffers();
  return async (rgb: Uint8Array, width: number, height: number): Promise<Latent> => {
    assert(width % factor === 0 && height % factor === 0, `${width}×${height} is no multiple of ${factor}`);
    assert(rgb.length === width * height * 3, `${rgb.length} bytes are no ${width}×${height} RGB picture`);
    checkSize(vae.file, vae.io.fixed, { height, width });
    const plane = width * height;
    const data = buffers.float('pixels', plane * 3);
    for (let i = 0; i < plane; i++) {
      for (let c = 0; c < 3; c++) data[c * plane + i] = rgb[i * 3 + c]! / 127.5 - 1;
    }
    const { input, output, fixed } = vae.io;
    const made = await vae.session.run({ [input]: filled(data, [3, height, width], fixed.batch) }, [output]);
    const { data: all, dims } = made[output]!;
    const latent = all.subarray(0, all.length / (fixed.batch ?? 1));
    const size = (width / factor) * (height / factor);
    const found = latent.length / size;
    if (found !== channels && found !== 2 * channels) {
      throw new AppError(
        'bundle-invalid',
        `the encoder gives [${dims}], the network wants ${channels} channels`,
        {
          doing: `running ${vae.file}`,
          hint: 'The parts of the bundle belong to different models.',
        },
      );
    }
    const mean = latent.slice(0, channels * size);
    eachChannel(mean, size, (value, c) => (value - scale.shift[c]!) * scale.scale[c]!);
    return mean;
  };
}

export function makeDecode(vae: VaePart, scale: LatentScale, factor: number) {
  const buffers = new Buffers();
  return async (latent: Latent, shape: LatentShape): Promise<Float32Array> => {
    const { channels, height, width } = shape;
    assert(
      latent.length === channels * height * width,
      `a latent of ${latent.length} is not ${channels}×${height}×${width}`,
    );
    checkSize(vae.file, vae.io.fixed, { height, width });
    const data = buffers.float('latent', latent.length);
    data.set(latent);
    eachChannel(data, height * width, (value, c) => value / scale.scale[c]! + scale.shift[c]!);
    const { input, output, fixed } = vae.io;
    const feed = filled(data, [channels, height, width], fixed.batch);
    const made = await vae.session.run({ [input]: feed }, [output]);
    const plane = height * width * factor * factor;
    const all = made[output]!.data;
    const planar = all.subarray(0, all.length / (fixed.batch ?? 1));
    if (planar.length !== plane * 3) {
      throw new AppError(
        'bundle-invalid',
        `the decoder gives [${made[output]!.dims}] for a latent of [${feed.dims}]`,
        {
          doing: `running ${vae.file}`,
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

function eachChannel(
  data: Float32Array,
  size: number,
  change: (value: number, channel: number) => number,
): void {
  for (let i = 0, c = 0; i < data.length; c++) {
    for (const end = i + size; i < end; i++) data[i] = change(data[i]!, c);
  }
}
