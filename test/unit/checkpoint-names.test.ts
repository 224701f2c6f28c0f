import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unetConfig } from '../../src/main/engine/models/checkpoints/configurations.ts';
import { controlNetFile } from '../../src/main/engine/models/checkpoints/controlnet.ts';
import { familyOf } from '../../src/main/engine/models/checkpoints/family.ts';
import { mapped } from '../../src/main/engine/models/checkpoints/mapping.ts';
import { openClipMapping } from '../../src/main/engine/models/checkpoints/open-clip-names.ts';
import { type SingleFile, singleFile } from '../../src/main/engine/models/checkpoints/single-file.ts';
import {
  todaysUNetNames,
  trainersUNetNames,
  unetMapping,
  unetShape,
} from '../../src/main/engine/models/checkpoints/unet-names.ts';
import {
  autoencoderKLDecoder,
  autoencoderKLEncoder,
} from '../../src/main/engine/onnx/networks/autoencoder-kl.ts';
import { clipText } from '../../src/main/engine/onnx/networks/clip-text.ts';
import { vaeOfToday } from '../../src/main/engine/onnx/networks/released-names.ts';
import type { StoredWeights } from '../../src/main/engine/onnx/networks/stored.ts';
import { unet2DCondition } from '../../src/main/engine/onnx/networks/unet-2d-condition.ts';
import { type Header, tensorsOf, trainersUNet } from '../helpers/checkpoint-headers.ts';
import { sharedPath } from '../helpers/shared.ts';

const SD1 = {
  channels: 4,
  width: 320,
  multiples: [1, 2, 4, 4],
  depths: [1, 1, 1, 0],
  context: 768,
  linear: false,
  added: null,
};
const XL = {
  channels: 4,
  width: 320,
  multiples: [1, 2, 4],
  depths: [0, 2, 10],
  context: 2048,
  linear: true,
  added: 2816,
};

const TEXT = { 'cond_stage_model.transformer.embeddings.token_embedding.weight': [49408, 768] };
const TEXT_XL = { 'conditioner.embedders.0.transformer.embeddings.token_embedding.weight': [49408, 768] };
const VAE = { 'first_stage_model.decoder.conv_in.weight': [512, 4, 3, 3] };

const headers = sharedPath('data', 'headers');
const read = (name: string) =>
  JSON.parse(readFileSync(`${headers}/${name}.json`, 'utf8')) as Record<string, Header>;

/** Names to shapes, as modules have them. */
function shapes(weights: StoredWeights): Header {
  const held = weights.names.map((name) => {
    const { dims, transposed } = weights.get(name)!;
    return [name, transposed ? [...dims].reverse() : [...dims]] as const;
  });
  return Object.fromEntries(held);
}

/** A folder's own names are those of its time; buffers are no weights. */
function today(folder: Header): Header {
  const tensors = tensorsOf(folder);
  const own = { label: 'it', names: Object.keys(folder), get: (name: string) => tensors.get(name) };
  const named = Object.entries(shapes(vaeOfToday(own)));
  return Object.fromEntries(named.filter(([name]) => !name.endsWith('.position_ids')));
}

/** Writes all networks, which need every weight in its shape and none besides. */
function write({ components }: SingleFile): void {
  const { unet, vae, text_encoder, text_encoder_2 } = components;
  unet2DCondition(unet.weights, unet.config);
  autoencoderKLEncoder(vae.weights, vae.config);
  autoencoderKLDecoder(vae.weights, vae.config);
  for (const text of [text_encoder, text_encoder_2]) if (text) clipText(text.weights, text.config);
}

/** How many bytes of the file the weights take; none twice. */
function bytesOf(weights: readonly StoredWeights[]): number {
  const ranges = weights.flatMap((one) => one.names.map((name) => one.get(name)!));
  const sorted = [...ranges].sort((a, b) => a.offset - b.offset);
  for (const [i, { offset }] of sorted.entries()) {
    if (i > 0) expect(offset).toBeGreaterThanOrEqual(sorted[i - 1]!.offset + sorted[i - 1]!.length);
  }
  return ranges.reduce((sum, { length }) => sum + length, 0);
}

const open = (header: Header): SingleFile =>
  singleFile({ path: '/models/one.safetensors', metadata: new Map(), tensors: tensorsOf(header) });

describe.skipIf(!headers)('a released checkpoint', () => {
  it.each(['sd15', 'sd15-inpainting', 'sd21', 'sd2-depth', 'sdxl'])(
    '%s holds what its folder holds',
    (name) => {
      const header = read(`${name}-single`).file!;
      const folder = read(`${name}-folder`);
      const file = open(header);
      expect(Object.keys(file.components)).toEqual(Object.keys(folder));
      for (const [id, component] of Object.entries(file.components)) {
        expect(shapes(component.weights)).toEqual(today(folder[id]!));
      }
      expect(file.unknown).toEqual([]);
      expect(() => write(file)).not.toThrow();
      const held = Object.values(folder).flatMap((part) => Object.values(today(part)));
      const bytes = held.reduce(
        (sum, dims) => sum + 2 * dims.reduce((product, side) => product * side, 1),
        0,
      );
      expect(bytesOf(Object.values(file.components).map(({ weights }) => weights))).toBe(bytes);
    },
  );

  it.each([
    ['sd15', SD1],
    ['sdxl', XL],
  ])('%s has the names and shapes that the trainers’ own way of building has', (name, shape) => {
    expect(read(`${name}-single`).file).toMatchObject(trainersUNet(shape));
  });

  it.each([
    ['controlnet-sd15', 4],
    ['controlnet-sdxl', 3],
  ])('%s is the same by the trainers’ names', (name, blocks) => {
    const folder = read(name).controlnet!;
    const theirs = trainersUNetNames({ blocks, layers: 2 });
    const own: [RegExp, string][] = [
      [/^controlnet_down_blocks\.(\d+)\./, 'zero_convs.$1.0.'],
      [/^controlnet_mid_block\./, 'middle_block_out.0.'],
      [/^controlnet_cond_embedding\.conv_in\./, 'input_hint_block.0.'],
      [/^controlnet_cond_embedding\.conv_out\./, 'input_hint_block.14.'],
    ];
    const header = Object.entries(folder).map(([weight, dims]) => {
      const hint = /^controlnet_cond_embedding\.blocks\.(\d)\.(.*)$/.exec(weight);
      if (hint) return [`control_model.input_hint_block.${2 * Number(hint[1]) + 2}.${hint[2]}`, dims];
      const found = own.find(([pattern]) => pattern.test(weight));
      const other = found ? weight.replace(found[0], found[1]) : theirs(weight)[0];
      return [`control_model.${other}`, dims];
    });
    const tensors = tensorsOf(Object.fromEntries(header));
    const file = controlNetFile({ path: '/models/one.safetensors', tensors });
    expect(shapes(file.weights)).toEqual(folder);
    expect(file.config).toEqual(
      controlNetFile({ path: '/models/one.safetensors', tensors: tensorsOf(folder) }).config,
    );
  });
});

describe('names of a UNet', () => {
  it('are told by the way in which the trainers build it', () => {
    const tensors = tensorsOf(trainersUNet(XL));
    const { weights, taken } = mapped('it', tensors, unetMapping(tensors.keys()));
    expect(taken.size).toBe(tensors.size);
    expect(weights.names).toHaveLength(tensors.size);
    const shape = shapes(weights);
    expect(shape['down_blocks.2.attentions.1.transformer_blocks.9.attn2.to_k.weight']).toEqual([1280, 2048]);
    expect(shape['down_blocks.0.downsamplers.0.conv.weight']).toEqual([320, 320, 3, 3]);
    expect(shape['up_blocks.0.upsamplers.0.conv.weight']).toEqual([1280, 1280, 3, 3]);
    expect(shape['up_blocks.2.resnets.0.conv_shortcut.weight']).toEqual([320, 960, 1, 1]);
    expect(shape['mid_block.resnets.1.time_emb_proj.bias']).toEqual([1280]);
    expect(shape['add_embedding.linear_1.weight']).toEqual([1280, 2816]);
  });

  it.each([
    ['SD 1', SD1],
    ['XL', XL],
  ])('of %s and their configuration make the network', (_, shape) => {
    const tensors = tensorsOf(trainersUNet(shape));
    const { weights } = mapped('it', tensors, unetMapping(tensors.keys()));
    const family = familyOf(
      tensorsOf({ ...trainersUNet(shape), ...(shape === XL ? TEXT_XL : TEXT), ...VAE }),
      'reading it',
    );
    const config = unetConfig(weights, family);
    expect(unet2DCondition(weights, config).files).toEqual(['/models/one.safetensors']);
  });

  it('lead to and fro', () => {
    const sizes = fc.record({
      channels: fc.constant(4),
      width: fc.integer({ min: 1, max: 9 }),
      multiples: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
      context: fc.integer({ min: 1, max: 9 }),
      linear: fc.boolean(),
      added: fc.option(fc.integer({ min: 1, max: 9 })),
    });
    const depths = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(sizes, depths, (some, each) => {
        const header = trainersUNet({ ...some, depths: each.slice(0, some.multiples.length) }, '');
        const names = Object.keys(header);
        const shape = unetShape(names);
        expect(shape).toEqual({ blocks: some.multiples.length, layers: 2 });
        const [ours, theirs] = [todaysUNetNames(shape), trainersUNetNames(shape)];
        expect(new Set(names.map(ours)).size).toBe(names.length);
        for (const name of names) expect(theirs(ours(name)!)).toContain(name);
      }),
      { numRuns: 50 },
    );
  });

  it('are of modules as of weights, and null for what no UNet has', () => {
    const [ours, theirs] = [
      todaysUNetNames({ blocks: 3, layers: 2 }),
      trainersUNetNames({ blocks: 3, layers: 2 }),
    ];
    expect(ours('input_blocks.4.1.transformer_blocks.0.attn1.to_q')).toBe(
      'down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q',
    );
    expect(theirs('up_blocks.0.upsamplers.0.conv')).toEqual([
      'output_blocks.2.1.conv',
      'output_blocks.2.2.conv',
    ]);
    expect(theirs('mid_block.attentions.0.proj_in')).toEqual(['middle_block.1.proj_in']);
    expect(ours('input_blocks.40.0.in_layers.0.weight')).toBeNull();
    expect(ours('input_blocks.4')).toBeNull();
    expect(theirs('text_model.encoder')).toEqual([]);
  });
});

describe('OpenCLIP', () => {
  const tensors = tensorsOf({
    't.transformer.resblocks.0.attn.in_proj_weight': [12, 4],
    't.transformer.resblocks.0.attn.in_proj_bias': [12],
    't.transformer.resblocks.1.ln_1.weight': [4],
    't.text_projection': [4, 5],
    't.logit_scale': [],
    't.something': [1],
    'u.ln_final.weight': [4],
  });

  it('has query, key and value in one tensor, and its projection from the left', () => {
    const { weights, taken } = mapped('it', tensors, openClipMapping('t.', { layers: 2, projection: true }));
    const layer = 'text_model.encoder.layers.0.self_attn';
    const packed = tensors.get('t.transformer.resblocks.0.attn.in_proj_weight')!;
    expect(['q', 'k', 'v'].map((one) => weights.get(`${layer}.${one}_proj.weight`))).toEqual(
      [0, 32, 64].map((from) => ({ ...packed, dims: [4, 4], offset: packed.offset + from, length: 32 })),
    );
    expect(weights.get(`${layer}.v_proj.bias`)).toMatchObject({ dims: [4], length: 8 });
    expect(weights.get('text_projection.weight')).toMatchObject({ dims: [4, 5], transposed: true });
    expect([...tensors.keys()].filter((name) => !taken.has(name))).toEqual([
      't.something',
      'u.ln_final.weight',
    ]);
  });

  it('knows a layer that is not used, and a projection', () => {
    const { weights, taken } = mapped('it', tensors, openClipMapping('t.', { layers: 1, projection: false }));
    expect(weights.names.some((name) => name.includes('layers.1') || name.includes('projection'))).toBe(
      false,
    );
    expect(taken.size).toBe(5);
  });
});
