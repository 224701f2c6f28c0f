/** Networks of their real size, by the names and shapes of released files: all is there, and nothing is left over. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { controlNet } from '../../src/main/engine/onnx/networks/controlnet.ts';
import { sharedPath } from '../helpers/shared.ts';
import { shapeWeights } from '../helpers/stored-weights.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;

function shapes(name: string): Shapes | null {
  const file = sharedPath('data', 'headers', `controlnet-${name}.json`);
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as { controlnet: Shapes }).controlnet : null;
}

const [sd15, sdxl] = [shapes('sd15'), shapes('sdxl')];

/** As their repositories have them; what is not said is the default of diffusers. */
const SD15 = { _class_name: 'ControlNetModel', attention_head_dim: 8, cross_attention_dim: 768 };
const SDXL = {
  ...{ _class_name: 'ControlNetModel', addition_embed_type: 'text_time', addition_time_embed_dim: 256 },
  ...{ attention_head_dim: [5, 10, 20], block_out_channels: [320, 640, 1280], cross_attention_dim: 2048 },
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  ...{ projection_class_embeddings_input_dim: 2816, transformer_layers_per_block: [1, 2, 10] },
  ...{ use_linear_projection: true, num_attention_heads: null, upcast_attention: null },
};

const outputs = (weights: Shapes, config: unknown) => {
  const { graph } = controlNet(shapeWeights('controlnet', weights), config).model;
  const read = [...graph.initializers.values()].filter(({ data }) => data.kind === 'external');
  expect(read.map(({ name }) => name).sort()).toEqual(Object.keys(weights).sort());
  return graph.outputs.map(({ name, dims }) => `${name} ${dims?.[1]}`);
};

describe.skipIf(!sd15 || !sdxl)('a ControlNet of real size', () => {
  it('for Stable Diffusion 1.5 speaks to twelve skip connections and the middle', () => {
    expect(outputs(sd15!, SD15)).toEqual([
      ...[320, 320, 320, 320, 640, 640, 640, 1280, 1280, 1280, 1280, 1280].map(
        (channels, i) => `down_block_res_samples_${i} ${channels}`,
      ),
      'mid_block_res_sample 1280',
    ]);
  });

  it('for XL to nine', () => {
    expect(outputs(sdxl!, SDXL)).toEqual([
      ...[320, 320, 320, 320, 640, 640, 640, 1280, 1280].map(
        (channels, i) => `down_block_res_samples_${i} ${channels}`,
      ),
      'mid_block_res_sample 1280',
    ]);
  });

  it('is refused by what is missing, left over or of another shape', () => {
    const named = 'controlnet_mid_block.weight';
    const { [named]: _, ...less } = sd15!;
    expect(() => outputs(less, SD15)).toThrow(`the weight ${named} is missing`);
    expect(() => outputs({ ...sd15!, 'mid_block.resnets.2.conv1.weight': [1] }, SD15)).toThrow(
      'nothing in this network reads the weight mid_block.resnets.2.conv1.weight',
    );
    expect(() => outputs(sd15!, { ...SD15, cross_attention_dim: 1024 })).toThrow(
      'attn2.to_k.weight has shape [320,768], this network needs [320,1024]',
    );
    expect(() => outputs(sd15!, { ...SD15, class_embed_type: 'projection' })).toThrow(
      'its configuration says class_embed_type: "projection", which Retake does not know',
    );
  });
});
