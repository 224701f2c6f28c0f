/** The depth estimator inside Stable Diffusion 2-depth: MiDaS' DPT-hybrid, by transformers' names. */
import { type Mapping, renamed, split, UNUSED } from './mapping.ts';

export const MIDAS_PREFIX = 'depth_model.model.';

const BODY = 'pretrained.model.';

/** Where MiDaS' names begin and transformers' do, most of them; the rest of the name is the same. */
const RENAMES: readonly (readonly [RegExp, string])[] = [
  [/^pretrained\.model\.cls_token$/, 'dpt.embeddings.cls_token'],
  [/^pretrained\.model\.pos_embed$/, 'dpt.embeddings.position_embeddings'],
  [/^pretrained\.model\.patch_embed\.proj\./, 'dpt.embeddings.projection.'],
  [
    /^pretrained\.model\.patch_embed\.backbone\.stem\.conv\./,
    'dpt.embeddings.backbone.bit.embedder.convolution.',
  ],
  [/^pretrained\.model\.patch_embed\.backbone\.stem\.norm\./, 'dpt.embeddings.backbone.bit.embedder.norm.'],
  [
    /^pretrained\.model\.patch_embed\.backbone\.stages\.(\d+)\.blocks\.(\d+)\./,
    'dpt.embeddings.backbone.bit.encoder.stages.$1.layers.$2.',
  ],
  [/^pretrained\.model\.blocks\.(\d+)\.norm1\./, 'dpt.encoder.layer.$1.layernorm_before.'],
  [/^pretrained\.model\.blocks\.(\d+)\.norm2\./, 'dpt.encoder.layer.$1.layernorm_after.'],
  [/^pretrained\.model\.blocks\.(\d+)\.attn\.proj\./, 'dpt.encoder.layer.$1.attention.output.dense.'],
  [/^pretrained\.model\.blocks\.(\d+)\.mlp\.fc1\./, 'dpt.encoder.layer.$1.intermediate.dense.'],
  [/^pretrained\.model\.blocks\.(\d+)\.mlp\.fc2\./, 'dpt.encoder.layer.$1.output.dense.'],
  [/^pretrained\.model\.norm\./, 'dpt.layernorm.'],
  [/^scratch\.output_conv\.(\d+)\./, 'head.head.$1.'],
];

function todaysName(name: string): string | null {
  for (const [theirs, ours] of RENAMES) if (theirs.test(name)) return name.replace(theirs, ours);
  const readout = /^pretrained\.act_postprocess([1-4])\.0\.project\.0\.(weight|bias)$/.exec(name);
  if (readout) return `neck.reassemble_stage.readout_projects.${Number(readout[1]) - 1}.0.${readout[2]}`;
  const resized = /^pretrained\.act_postprocess([1-4])\.([34])\.(weight|bias)$/.exec(name);
  if (resized) {
    const what = resized[2] === '3' ? 'projection' : 'resize';
    return `neck.reassemble_stage.layers.${Number(resized[1]) - 1}.${what}.${resized[3]}`;
  }
  const convolution = /^scratch\.layer([1-4])_rn\.(weight|bias)$/.exec(name);
  if (convolution) return `neck.convs.${Number(convolution[1]) - 1}.${convolution[2]}`;
  const fusion = /^scratch\.refinenet([1-4])\.(out_conv|resConfUnit([12])\.conv([12]))\.(weight|bias)$/.exec(
    name,
  );
  if (!fusion) return null;
  // MiDaS counts from the finest, transformers in the order in which they run.
  const layer = `neck.fusion_stage.layers.${4 - Number(fusion[1])}`;
  const part = fusion[3] ? `residual_layer${fusion[3]}.convolution${fusion[4]}` : 'projection';
  return `${layer}.${part}.${fusion[5]}`;
}

/** The estimator of a single file; its vision transformer brings a head for classes that nothing reads. */
export const midasMapping: Mapping = (name, tensor) => {
  if (!name.startsWith(MIDAS_PREFIX)) return null;
  const inside = name.slice(MIDAS_PREFIX.length);
  if (inside.startsWith(`${BODY}head.`)) return UNUSED;
  const packed = /^pretrained\.model\.blocks\.(\d+)\.attn\.qkv\.(weight|bias)$/.exec(inside);
  if (packed) {
    const attention = `dpt.encoder.layer.${packed[1]}.attention.attention`;
    return split(
      tensor,
      ['query', 'key', 'value'].map((one) => `${attention}.${one}.${packed[2]}`),
    );
  }
  const today = todaysName(inside);
  return today === null ? null : renamed(today, tensor);
};
