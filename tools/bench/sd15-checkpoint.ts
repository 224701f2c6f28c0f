/** A checkpoint of Stable Diffusion 1.5's own build and size as one file of float32, as the original trainers wrote them, with random weights. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { type Header, trainersUNet } from '../../test/helpers/checkpoint-headers.ts';
import { headerOf, safetensorsBytes } from '../../test/helpers/safetensors-files.ts';
import { uniform } from './random.ts';

const UNET = {
  ...{ channels: 4, width: 320, multiples: [1, 2, 4, 4], depths: [1, 1, 1, 0] },
  ...{ context: 768, linear: false, added: null },
};

/** Small enough for twelve layers and sixteen blocks to stay finite. */
const SPREAD = 0.02;
/** Floats that are drawn; a prime number, so that no row repeats another. */
const DRAWN = 1_000_003;

/** Takes 4.3 GB on the disk: repacked zeros, of which a file would take none, are kept once by the runtime. */
export function writeSd15(file: string): void {
  const shapes = { ...trainersUNet(UNET), ...trainersVae(), ...clipText() };
  const tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { dtype: 'F32', shape }]),
  );
  const { header } = headerOf(tensors);
  const fd = openSync(file, 'w');
  try {
    writeSync(fd, safetensorsBytes(header, new Uint8Array()));
    const drawn = random(DRAWN);
    for (const [name, shape] of Object.entries(shapes)) writeTensor(fd, name, shape, drawn);
  } finally {
    closeSync(fd);
  }
}

/** What scales a norm is one, so that what goes through the blocks stays as large as it is. */
function writeTensor(fd: number, name: string, shape: readonly number[], drawn: Float32Array): void {
  let left = shape.reduce((product, side) => product * side, 1);
  const values = shape.length === 1 && name.endsWith('.weight') ? new Float32Array(left).fill(1) : drawn;
  for (; left > 0; left -= values.length)
    writeSync(fd, new Uint8Array(values.buffer, 0, 4 * Math.min(left, values.length)));
}

/** The same at every run. */
function random(count: number): Float32Array {
  const next = uniform(1);
  return Float32Array.from({ length: count }, () => next() * SPREAD);
}

class Layers {
  readonly header: Record<string, readonly number[]> = {};
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  add(name: string, ...dims: number[]): void {
    this.header[`${this.#prefix}${name}.weight`] = dims;
    this.header[`${this.#prefix}${name}.bias`] = [dims[0]!];
  }

  alone(name: string, ...dims: number[]): void {
    this.header[`${this.#prefix}${name}`] = dims;
  }
}

function trainersVae(): Header {
  const widths = [128, 256, 512, 512];
  const layers = new Layers('first_stage_model.');
  const block = (name: string, from: number, to: number) => {
    layers.add(`${name}.norm1`, from);
    layers.add(`${name}.conv1`, to, from, 3, 3);
    layers.add(`${name}.norm2`, to);
    layers.add(`${name}.conv2`, to, to, 3, 3);
    if (from !== to) layers.add(`${name}.nin_shortcut`, to, from, 1, 1);
  };
  const middle = (half: string) => {
    block(`${half}.mid.block_1`, 512, 512);
    layers.add(`${half}.mid.attn_1.norm`, 512);
    for (const part of ['q', 'k', 'v', 'proj_out']) layers.add(`${half}.mid.attn_1.${part}`, 512, 512, 1, 1);
    block(`${half}.mid.block_2`, 512, 512);
  };
  layers.add('encoder.conv_in', 128, 3, 3, 3);
  let at = 128;
  for (const [level, to] of widths.entries()) {
    for (let i = 0; i < 2; i++) {
      block(`encoder.down.${level}.block.${i}`, at, to);
      at = to;
    }
    if (level < 3) layers.add(`encoder.down.${level}.downsample.conv`, at, at, 3, 3);
  }
  middle('encoder');
  layers.add('encoder.norm_out', 512);
  layers.add('encoder.conv_out', 8, 512, 3, 3);
  layers.add('quant_conv', 8, 8, 1, 1);
  layers.add('post_quant_conv', 4, 4, 1, 1);
  layers.add('decoder.conv_in', 512, 4, 3, 3);
  middle('decoder');
  for (const [level, to] of [...widths.entries()].reverse()) {
    for (let i = 0; i < 3; i++) {
      block(`decoder.up.${level}.block.${i}`, at, to);
      at = to;
    }
    if (level > 0) layers.add(`decoder.up.${level}.upsample.conv`, at, at, 3, 3);
  }
  layers.add('decoder.norm_out', 128);
  layers.add('decoder.conv_out', 3, 128, 3, 3);
  return layers.header;
}

function clipText(): Header {
  const layers = new Layers('cond_stage_model.transformer.text_model.');
  layers.alone('embeddings.token_embedding.weight', 49408, 768);
  layers.alone('embeddings.position_embedding.weight', 77, 768);
  for (let i = 0; i < 12; i++) {
    const layer = `encoder.layers.${i}`;
    for (const part of ['q_proj', 'k_proj', 'v_proj', 'out_proj'])
      layers.add(`${layer}.self_attn.${part}`, 768, 768);
    layers.add(`${layer}.layer_norm1`, 768);
    layers.add(`${layer}.layer_norm2`, 768);
    layers.add(`${layer}.mlp.fc1`, 3072, 768);
    layers.add(`${layer}.mlp.fc2`, 768, 3072);
  }
  layers.add('final_layer_norm', 768);
  return layers.header;
}
