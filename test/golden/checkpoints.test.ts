/** Architectures written as graphs over checkpoints, against numbers of PyTorch: a small set of our own. Those of the reference modules are among the goldens beside the checkout. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runGolden } from '../../tools/golden/golden.ts';
import { expectEveryForm } from '../helpers/every-form.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

/** tools/checkpoints/make.py makes it. */
const OWN = import.meta.dirname;

/** The small set with another configuration of a part. */
function changed(part: string, change: (config: Record<string, unknown>) => void): string {
  const root = join(tempFolder(), 'checkpoints');
  cpSync(join(OWN, 'checkpoints', 'sd1-folder'), join(root, 'sd1-folder'), { recursive: true });
  const file = join(root, 'sd1-folder', part, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  change(config);
  writeFileSync(file, JSON.stringify(config));
  return root;
}

describe('small checkpoints', () => {
  it('compute what PyTorch does, from the folder and from the single file', async () => {
    const rows = await runGolden(join(OWN, 'checkpoint-cases'));
    expectEveryForm(rows, ['sd1', 'sdxl']);
    expect(rows.filter(({ case: name }) => name.startsWith('lcm-unet')).map(({ status }) => status)).toEqual([
      'pass',
    ]);
  });

  it.each([
    ['unet', 'attention_head_dim', 4],
    ['unet', 'flip_sin_to_cos', false],
    ['unet', 'freq_shift', 1],
    ['unet', 'norm_num_groups', 4],
    ['text_encoder', 'hidden_act', 'gelu'],
    ['vae', 'norm_num_groups', 4],
  ])('of another %s.%s compute something else', async (part, key, value) => {
    const bundles = changed(part, (config) => Object.assign(config, { [key]: value }));
    const only = `sd1-${part === 'text_encoder' ? 'text' : part}`;
    const rows = await runGolden(join(OWN, 'checkpoint-cases'), { bundles, only });
    expect(rows.map(({ status }) => status)).toContain('fail');
  });

  it.each([
    ['unet', 'class_embed_type', 'timestep', 'class_embed_type: "timestep", which Retake does not know'],
    ['unet', 'resnet_time_scale_shift', 'scale_shift', 'resnet_time_scale_shift: "scale_shift"'],
    ['unet', 'only_cross_attention', [true, false], 'only_cross_attention: [true,false]'],
    ['unet', 'some_new_idea', 0.5, 'some_new_idea: 0.5'],
    ['unet', 'down_block_types', ['CrossAttnDownBlock2D', 'KDownBlock2D'], 'down_block_types'],
    ['unet', 'down_block_types', ['CrossAttnDownBlock2D'], 'down_block_types'],
    ['unet', 'cross_attention_dim', 12, 'attn2.to_k.weight has shape [8,8], this network needs [8,12]'],
    ['unet', 'layers_per_block', 2, 'the weight down_blocks.0.resnets.1.norm1.weight is missing'],
    [
      'unet',
      'mid_block_type',
      null,
      'nothing in this network reads the weight mid_block.attentions.0.norm.bias',
    ],
    [
      'vae',
      'mid_block_add_attention',
      false,
      'nothing in this network reads the weight encoder.mid_block.attentions.0',
    ],
    ['vae', 'act_fn', 'mish', 'act_fn: "mish"'],
    ['text_encoder', 'hidden_act', 'relu', 'hidden_act: "relu"'],
    ['text_encoder', 'num_hidden_layers', undefined, 'its configuration lacks num_hidden_layers'],
    ['text_encoder', 'num_hidden_layers', 1, 'reads the weight text_model.encoder.layers.1.layer_norm1.bias'],
  ])('are refused by name: %s.%s %j', async (part, key, value, says) => {
    const bundles = changed(part, (config) => Object.assign(config, { [key]: value }));
    const only = `sd1-${part === 'text_encoder' ? 'text' : part}`;
    const rows = await runGolden(join(OWN, 'checkpoint-cases'), { bundles, only });
    expect(rows[0]).toMatchObject({ status: 'fail', note: expect.stringContaining(says) });
  });

  it.each([
    ['unet', 'only_cross_attention', [false, false]],
    ['unet', 'dual_cross_attention', false],
    ['unet', 'upcast_attention', true],
    ['unet', 'num_attention_heads', 8],
    ['unet', 'transformer_layers_per_block', [1, 1]],
    ['unet', 'reverse_transformer_layers_per_block', [[1, 1], 1]],
    ['unet', 'layers_per_block', [1, 1]],
    ['unet', '_name_or_path', './here'],
    ['unet', 'use_ema_warmup', true],
    ['vae', 'force_upcast', true],
    ['vae', 'latents_mean', [0, 0, 0, 0]],
    ['text_encoder', 'torch_dtype', 'float16'],
  ])('are the same with %s.%s %j', async (part, key, value) => {
    const bundles = changed(part, (config) => Object.assign(config, { [key]: value }));
    const only = `sd1-${part === 'text_encoder' ? 'text' : part}`;
    const rows = await runGolden(join(OWN, 'checkpoint-cases'), { bundles, only });
    expect(rows.map(({ status, note }) => [status, note])).toEqual(rows.map(() => ['pass', undefined]));
  });
});
