/** The autoencoder by the names of the original trainers. */
import { asMatrix, type Mapping, renamed } from './mapping.ts';

const VAE_PREFIX = 'first_stage_model.';

/** In the attention of the middle. */
const ATTENTION: Readonly<Record<string, string>> = {
  norm: 'group_norm',
  q: 'to_q',
  k: 'to_k',
  v: 'to_v',
  proj_out: 'to_out.0',
};

/** @param levels of resolution: the trainers count the decoder's from the finest */
function todaysName(name: string, levels: number): string {
  return name
    .replace(/^encoder\.down\.(\d+)\.block\.(\d+)\./, 'encoder.down_blocks.$1.resnets.$2.')
    .replace(/^encoder\.down\.(\d+)\.downsample\./, 'encoder.down_blocks.$1.downsamplers.0.')
    .replace(
      /^decoder\.up\.(\d+)\.block\.(\d+)\./,
      (_, level, layer) => `decoder.up_blocks.${levels - 1 - Number(level)}.resnets.${layer}.`,
    )
    .replace(
      /^decoder\.up\.(\d+)\.upsample\./,
      (_, level) => `decoder.up_blocks.${levels - 1 - Number(level)}.upsamplers.0.`,
    )
    .replace(/\.mid\.block_(\d+)\./, (_, block) => `.mid_block.resnets.${Number(block) - 1}.`)
    .replace(
      /\.mid\.attn_1\.(norm|q|k|v|proj_out)\./,
      (_, part: string) => `.mid_block.attentions.0.${ATTENTION[part]}.`,
    )
    .replace('.nin_shortcut.', '.conv_shortcut.')
    .replace('.norm_out.', '.conv_norm_out.');
}

const PARTS = /^(?:encoder|decoder|quant_conv|post_quant_conv)\./;

/** The autoencoder of a single file. Its attention lies there as 1×1 convolutions. */
export function vaeMapping(names: Iterable<string>): Mapping {
  let levels = 0;
  for (const name of names) {
    const level = /^first_stage_model\.decoder\.up\.(\d+)\./.exec(name)?.[1];
    levels = Math.max(levels, Number(level ?? -1) + 1);
  }
  return (name, tensor) => {
    if (!name.startsWith(VAE_PREFIX)) return null;
    const inside = name.slice(VAE_PREFIX.length);
    if (!PARTS.test(inside)) return null;
    const attention = inside.includes('.mid.attn_1.');
    return renamed(todaysName(inside, levels), attention ? asMatrix(tensor) : tensor);
  };
}
