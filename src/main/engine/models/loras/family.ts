/** Which models a LoRA was made for, as its names, shapes and its trainer's notes tell. */
import type { StoredLayer } from './stored-layer.ts';

/** As people call them; null where nothing tells. */
export type Family = string | null;

const SD1 = 'Stable Diffusion 1';
const SD2 = 'Stable Diffusion 2';
const XL = 'Stable Diffusion XL';

/** Layers of networks of other kinds. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/double_blocks_|single_transformer_blocks_|single_blocks_/, 'Flux'],
  [/joint_blocks_|^lora_te3_|^transformer_transformer_blocks_/, 'Stable Diffusion 3'],
  [/down_blocks_\d+_motion_modules|motion_modules/, 'AnimateDiff'],
];

/** Of the text that a UNet reads. */
const WIDTHS: ReadonlyMap<number, string> = new Map([
  [768, SD1],
  [1024, SD2],
  [2048, XL],
]);

const NOTED: readonly (readonly [RegExp, string])[] = [
  [/^sdxl|stable-diffusion-xl/, XL],
  [/^sd_v2|^sd_2|stable-diffusion-v2/, SD2],
  [/^sd_v1|^sd_1|stable-diffusion-v1/, SD1],
  [/^flux/, 'Flux'],
  [/^sd3|stable-diffusion-3|stable-diffusion-v3/, 'Stable Diffusion 3'],
];

export function familyOfLora(layers: readonly StoredLayer[], metadata: ReadonlyMap<string, string>): Family {
  const names = layers.map(({ name }) => name.replaceAll('.', '_'));
  const other = OTHERS.find(([pattern]) => names.some((name) => pattern.test(name)));
  if (other) return other[1];
  // Its transformers are several blocks deep, and it has two text encoders.
  const isXl = layers.some(
    ({ network, module }) => network === 'text2' || /_transformer_blocks_[1-9]/.test(module),
  );
  if (isXl) return XL;
  for (const { network, module, parts } of layers) {
    const reads = network === 'unet' && /_attn2_to_[kv]$/.test(module);
    const family = reads ? WIDTHS.get(parts.get('down')?.dims[1] ?? 0) : undefined;
    if (family) return family;
  }
  const noted = [metadata.get('ss_base_model_version'), metadata.get('modelspec.architecture')];
  return NOTED.find(([pattern]) => noted.some((note) => note && pattern.test(note)))?.[1] ?? null;
}

/** Of a model. */
export function familyOfModel(unet: { readonly added: unknown; readonly hiddenDim: number | null }): Family {
  if (unet.added) return XL;
  const family = WIDTHS.get(unet.hiddenDim ?? 0) ?? null;
  return family === XL ? null : family;
}
