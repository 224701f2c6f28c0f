/**
 * The VAE of Stable Diffusion's shape as a whole and in tiles: memory at most, time, and how far the pictures are apart. Weights are
 * random and keep the spread of what goes through them, every measurement has a process of its own.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { stagesOf } from '../../src/main/engine/models/tiles/prepare.ts';
import { TiledRunner } from '../../src/main/engine/models/tiles/tiled-runner.ts';
import type { Model } from '../../src/main/engine/onnx/ir/graph.ts';
import {
  autoencoderKLDecoder,
  autoencoderKLEncoder,
} from '../../src/main/engine/onnx/networks/autoencoder-kl.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { answer, inChild, inFolder } from './child.ts';
import type { Measure, Row, Say } from './measure.ts';
import { held } from './process-memory.ts';
import { uniform } from './random.ts';
import { sparseWeights } from './sparse-weights.ts';
import { gigabytes } from './units.ts';

const FACTOR = 8;
/** As its repository has it; the rest is the default. */
const CONFIG = { block_out_channels: [128, 256, 512, 512], layers_per_block: 2, norm_num_groups: 32 };
const HALVES = {
  encode: { write: autoencoderKLEncoder, first: 'encoder.conv_in.weight', input: 'sample', channels: 3 },
  decode: {
    write: autoencoderKLDecoder,
    first: 'decoder.conv_in.weight',
    input: 'latent_sample',
    channels: 4,
  },
} as const;
type Half = keyof typeof HALVES;
const WAYS = ['whole', 'tiles'] as const;
type Way = (typeof WAYS)[number];

interface Measured {
  readonly half: Half;
  readonly side: number;
  readonly way: Way;
  readonly seconds: number;
  /** Resident memory at most, bytes. */
  readonly peak: number;
  /** Some values of the result, evenly spread. */
  readonly values: readonly number[];
  readonly largest: number;
}

/** How many values are compared: of all, every so many. */
const COMPARED = 200_000;

async function measure(half: string, pixels: string, way: string): Promise<Measured> {
  return inFolder(async (folder) => {
    const { write, first, input, channels } = HALVES[half as Half];
    const file = join(folder, 'weights.bin');
    const weights = sparseWeights(file, { type: 'float32', first });
    const network = write(weights, CONFIG);
    weights.close();
    fill(file, network.model);
    const of = { folder: network.folder, provider: 'cpu', label: 'the VAE' } as const;
    const side = Number(pixels) / (half === 'encode' ? 1 : FACTOR);
    const data = Float32Array.from({ length: channels * side * side }, noise(7));
    const feeds = { [input]: { type: 'float32', data, dims: [1, channels, side, side] } } as const;
    const output = network.model.graph.outputs[0]!.name;
    const create = (model: Model) => createSession(model, of);
    const runner =
      way === 'whole'
        ? await createSession(network.model, of)
        : new TiledRunner({
            ...{ stages: await stagesOf(network.model, { input, output }, create), input, output, create },
          });
    const started = performance.now();
    const made = (await runner.run(feeds, [output]))[output]!.data;
    const seconds = (performance.now() - started) / 1000;
    const { peak } = held();
    const every = Math.max(1, Math.floor(made.length / COMPARED));
    const values = Array.from({ length: Math.floor(made.length / every) }, (_, i) => made[i * every]!);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return { half: half as Half, side: Number(pixels), way: way as Way, seconds, peak, values, largest };
  });
}

/** -1.7..1.7, of spread one. */
function noise(seed: number): () => number {
  const next = uniform(seed);
  return () => next() * Math.sqrt(3);
}

/** Norms leave as it is what they make, layers keep its spread. */
function fill(file: string, { graph }: Model): void {
  const fd = openSync(file, 'r+');
  const next = noise(1);
  for (const { name, dims, data } of graph.initializers.values()) {
    if (data.kind !== 'external') continue;
    const [, ...inner] = dims;
    const isNorm = /norm\d?(_out)?\.weight$/.test(name);
    const spread = 1 / Math.sqrt(inner.reduce((product, one) => product * one, 1));
    const count = dims.reduce((product, one) => product * one, 1);
    const values = Float32Array.from({ length: count }, () =>
      isNorm ? 1 : name.endsWith('.bias') ? 0.1 * next() : spread * next(),
    );
    writeSync(fd, new Uint8Array(values.buffer), 0, values.byteLength, data.offset);
  }
  closeSync(fd);
}

async function measured(sides: readonly number[], ways: (side: number) => readonly Way[], say: Say) {
  const data: Omit<Measured, 'values'>[] = [];
  const rows: Row[] = [];
  for (const side of sides) {
    for (const half of ['encode', 'decode'] as const) {
      const made: Measured[] = [];
      for (const way of ways(side)) {
        say(`${half} ${side}², ${way}`);
        made.push(await inChild<Measured>(import.meta.filename, half, String(side), way));
      }
      for (const { values: _, ...one } of made) {
        data.push(one);
        const value = `${gigabytes(one.peak)} at most, ${one.seconds.toFixed(1)} s`;
        rows.push([`VAE of SD's size, ${half} ${side}², ${one.way}`, value, '']);
      }
      const [whole, tiles] = made;
      if (!whole || !tiles) continue;
      const off = whole.values.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - tiles.values[i]!)),
        0,
      );
      // A decoded picture is -1..1; a latent is taken as a share of its largest value.
      const unit = half === 'decode' ? 2 : 2 * whole.largest;
      rows.push([`  furthest apart`, `${((255 * off) / unit).toFixed(4)} / 255`, '≤ 1 / 255']);
    }
  }
  return { rows, data };
}

export const vaeTiles: Measure = {
  id: 'vae-tiles',
  title: 'VAE of Stable Diffusion, 512², as a whole and in tiles',
  seconds: 40,
  default: false,
  memory: 5e9,
  run: (say) => measured([512], () => WAYS, say),
};

export const vaeTilesLarge: Measure = {
  id: 'vae-tiles-large',
  title: 'the same at 1024² and, in tiles alone, at 2048²',
  seconds: 1800,
  default: false,
  memory: 14e9,
  run: (say) => measured([1024, 2048], (side) => (side > 1024 ? ['tiles'] : WAYS), say),
};

await answer(import.meta.filename, measure);
