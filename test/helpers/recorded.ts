/** UNets opened so that they can be followed backwards, and the differences that their gradients must foretell. */
import { type OpenModel, openRead } from '../../src/main/engine/models/model.ts';
import { readBundle } from '../../src/main/engine/models/read.ts';
import type { Part, Role } from '../../src/main/engine/models/role.ts';
import { type UnetVariant, unet } from '../../src/main/engine/models/roles/unet.ts';
import type { UnetConfig, UnetIo } from '../../src/main/engine/models/roles/unet-io.ts';
import type { Feed } from '../../src/main/engine/onnx/ort.ts';
import { floats, int64, noise, noiseFeed } from './onnx.ts';

type UnetPart = Part<UnetIo>;

/** The UNet as a part: its session, its recorder, and which of its inputs is which. */
const unetPart = { ...unet, functions: (part) => part } as const satisfies Role<
  UnetIo,
  UnetConfig,
  UnetVariant,
  UnetPart
>;

/** @param model folder or file, as artists have it */
export async function openRecordedUnet(
  model: string,
  variant: UnetVariant = { sites: 'none' },
): Promise<OpenModel<UnetPart>> {
  const { parts } = await readBundle(model, { prediction: 'v_prediction' });
  return openRead(unetPart, parts.unet, { variant, name: 'a test', provider: 'cpu', gradients: true });
}

/** Inputs of noise for two rows at a small size that is not square. */
export function noiseFor(io: UnetIo, height = 8, width = 16): Record<string, Feed> {
  const rows = 2;
  const { name, integer, shape } = io.timestep;
  const dims = { scalar: [], one: [1], batch: [rows] }[shape];
  const times = dims.length === 1 && dims[0] === rows ? [401, 401] : [401];
  const timestep: Feed =
    integer === 'int64'
      ? int64(dims, ...times)
      : integer === 'int32'
        ? { type: 'int32', data: Int32Array.from(times), dims }
        : floats(dims, Float32Array.from(times));
  const feeds: Record<string, Feed> = {
    [io.sample]: noiseFeed('sample', [rows, io.inChannels!, height, width]),
    [io.hidden]: noiseFeed('text', [rows, io.hiddenTokens ?? 7, io.hiddenDim!]),
    [name]: timestep,
  };
  if (io.added) {
    feeds[io.added.pooled] = noiseFeed('pooled', [rows, io.added.pooledDim!]);
    feeds[io.added.timeIds] = floats(
      [rows, 6],
      Float32Array.from({ length: 6 * rows }, (_, i) => 8 * (i % 3)),
    );
  }
  if (io.guidance) feeds[io.guidance.name] = noiseFeed('guidance', [rows, io.guidance.width]);
  return feeds;
}

/** As parts of the length of the input. Networks of random weights bend most along their gradient. */
const STEPS = { gradient: 3e-4, noise: 3e-3 };

interface Slope {
  readonly input: string;
  /** Along the gradient itself, or along noise. */
  readonly along: 'gradient' | 'noise';
  /** How far the gradient is from the difference the network makes, in parts of what a step as long would make along the gradient. */
  readonly error: number;
}

/**
 * Central differences of fourth order of Σ output·noise, in float32, against the gradient. Along noise the slope is √n times smaller than along the
 * gradient, so its error counts √n times as much.
 */
export async function slopes(
  part: UnetPart,
  feeds: Readonly<Record<string, Feed>>,
  by: readonly string[],
): Promise<Slope[]> {
  const { output } = part.io;
  const call = await part.recorder!.record(feeds, [output], by);
  const cotangent = noise('cotangent', call.outputs[output]!.data.length);
  const gradients = await call.pull({ [output]: cotangent }, by);
  const found: Slope[] = [];
  for (const input of by) {
    const at = feeds[input]!.data as Float32Array;
    const gradient = gradients[input]!.data;
    for (const along of ['gradient', 'noise'] as const) {
      const way = along === 'gradient' ? gradient : noise(`way ${input}`, at.length);
      const h = (STEPS[along] * norm(at)) / norm(way);
      const moved = async (by: number) => {
        const data = at.map((value, i) => value + by * way[i]!);
        const feed = { ...feeds[input]!, data } as Feed;
        const made = await part.session.run({ ...feeds, [input]: feed }, [output]);
        return dot(made[output]!.data, cotangent);
      };
      const across = async (by: number) => (await moved(by)) - (await moved(-by));
      const difference = (8 * (await across(h)) - (await across(2 * h))) / (12 * h);
      const scale = along === 'gradient' ? 1 : Math.sqrt(at.length);
      const error = Math.abs(dot(gradient, way) - difference) / (norm(gradient) * norm(way));
      found.push({ input, along, error: error * scale });
    }
  }
  return found;
}

/** In double precision. */
function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function norm(values: Float32Array): number {
  return Math.sqrt(dot(values, values));
}
