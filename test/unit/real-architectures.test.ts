/** Stable Diffusion at its real size, by the names and shapes of released files: every network is written whole. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type SingleFile, singleFile } from '../../src/main/engine/models/checkpoints/single-file.ts';
import type { Graph } from '../../src/main/engine/onnx/ir/graph.ts';
import { isSorted } from '../../src/main/engine/onnx/ir/sort.ts';
import {
  autoencoderKLDecoder,
  autoencoderKLEncoder,
} from '../../src/main/engine/onnx/networks/autoencoder-kl.ts';
import type { WrittenNetwork } from '../../src/main/engine/onnx/networks/builder.ts';
import { clipText } from '../../src/main/engine/onnx/networks/clip-text.ts';
import type { StoredWeights } from '../../src/main/engine/onnx/networks/stored.ts';
import { unet2DCondition } from '../../src/main/engine/onnx/networks/unet-2d-condition.ts';
import { inPlace } from '../../src/main/engine/onnx/passes/in-place.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { type Header, tensorsOf } from '../helpers/checkpoint-headers.ts';
import { lend } from '../helpers/passes.ts';
import { sharedPath } from '../helpers/shared.ts';
import { shapeWeights } from '../helpers/stored-weights.ts';

const headers = sharedPath('data', 'headers');
const read = (name: string) =>
  JSON.parse(readFileSync(`${headers}/${name}.json`, 'utf8')) as Record<string, Header>;

const WRITERS = {
  unet: [unet2DCondition],
  vae: [autoencoderKLEncoder, autoencoderKLDecoder],
  text_encoder: [clipText],
  text_encoder_2: [clipText],
} as const;

type Part = keyof typeof WRITERS;

const configOf = ({ components }: SingleFile, part: Part) => components[part]!.config;

/** Weights that stay in the file. */
const stored = (graph: Graph) =>
  [...graph.initializers.values()].filter(({ data }) => data.kind === 'external').map(({ name }) => name);

/** Every tensor is read by one of the networks of its part, or is none (positions). */
function writeAll(part: Part, weights: StoredWeights, config: unknown): WrittenNetwork[] {
  const written = WRITERS[part].map((write) => write(weights, config));
  const used = new Set(written.flatMap(({ model }) => stored(model.graph)));
  const older = /^(query|key|value|proj_attn)$/;
  const left = weights.names.filter(
    (name) =>
      !used.has(name) && !name.endsWith('position_ids') && !name.split('.').some((one) => older.test(one)),
  );
  expect([part, left]).toEqual([part, []]);
  for (const { model } of written) expect(isSorted(model.graph)).toBe(true);
  return written;
}

describe.skipIf(!headers)('real size', () => {
  it.each([
    ['sd15', 16, 9],
    ['sd15-inpainting', 16, 9],
    ['sd21', 16, 9],
    ['sd2-depth', 16, 9],
    ['sdxl', 70, 36],
  ])('%s: every part, with %i attentions and %i behind skips', (name, all, decoder) => {
    const tensors = tensorsOf(read(`${name}-single`).file!);
    const file = singleFile({ path: '/models/one.safetensors', metadata: new Map(), tensors });
    const folder = read(`${name}-folder`) as Record<Part, Header>;
    expect(Object.keys(folder).every((part) => part in WRITERS)).toBe(true);
    for (const part of Object.keys(folder) as Part[]) {
      writeAll(part, shapeWeights(part, folder[part]), configOf(file, part));
      writeAll(part, file.components[part]!.weights, configOf(file, part));
    }
    const unet = () => unet2DCondition(file.components.unet.weights, configOf(file, 'unet')).model;
    const lent = unet();
    expect(lend(lent, { sites: 'all', joint: true })).toHaveLength(all);
    expect(lend(unet(), { sites: 'decoder' })).toHaveLength(decoder);
    const products = [...lent.graph.nodes].filter(
      ({ op, inputs }) => op === 'MatMul' && lent.graph.producer(inputs[1]!)?.op === 'Transpose',
    );
    const placed = applyPasses(lent, [step(inPlace)], 'the UNet').of(inPlace)!;
    // Attention's own products are of two computed values.
    expect(placed).toBeGreaterThan(8 * all);
    expect(placed).toBeLessThan(products.length);
    expect([...lent.graph.nodes].filter(({ op }) => op === 'FusedMatMul')).toHaveLength(placed);
  });
});
