/** Opens a LoRA: which layers of which network it adds to. Its numbers stay where they are. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../../common/errors.ts';
import type { StoredTensor } from '../../onnx/networks/stored.ts';
import { openSafetensors } from '../../onnx/safetensors/open.ts';
import { type Family, familyOfLora } from './family.ts';
import { type LayerName, layerName, splitName } from './names.ts';
import type { StoredLayer } from './stored-layer.ts';

export interface LoraFile {
  /** Without links. */
  readonly path: string;
  readonly name: string;
  readonly family: Family;
  readonly layers: readonly StoredLayer[];
  /** Tensors that belong to no layer. */
  readonly strays: readonly string[];
}

/**
 * @throws AppError weights-missing where there is no such file, bundle-invalid for what is no LoRA; each naming the file
 */
export function readLora(path: string): LoraFile {
  const name = basename(path);
  const doing = `reading the LoRA ${name}`;
  if (!existsSync(path))
    throw new AppError('weights-missing', `there is no file ${path}`, { doing, hint: PUT_BACK });
  const { path: real, tensors, metadata } = openSafetensors(path, doing);
  const layers = new Map<string, Map<string, StoredTensor>>();
  const strays: string[] = [];
  for (const [key, tensor] of tensors) {
    const found = splitName(key);
    if (!found) {
      strays.push(key);
      continue;
    }
    const parts = layers.get(found.layer) ?? new Map<string, StoredTensor>();
    layers.set(found.layer, parts.set(found.part, tensor));
  }
  if (layers.size === 0) throw notALora(name, tensors, doing);
  const noted = notedAlphas(metadata, doing, name);
  const stored = Array.from(layers, ([layer, parts]): StoredLayer => {
    const named = layerName(layer);
    return { name: layer, parts, ...named, ...noted(layer, named) };
  });
  return { path: real, name, family: familyOfLora(stored, metadata), layers: stored, strays };
}

const PUT_BACK = 'Put it back, choose it again in the list of LoRAs, or take it off the list.';

function notALora(name: string, tensors: ReadonlyMap<string, StoredTensor>, doing: string): AppError {
  const names = [...tensors.keys()];
  const some = (pattern: RegExp) => names.some((key) => pattern.test(key));
  const refuse = (what: string, hint: string) =>
    new AppError('bundle-invalid', `${name} is ${what}, no LoRA`, { doing, hint });
  if (some(/^(emb_params|string_to_param|clip_[lg]$|<.+>$)/) || (names.length <= 2 && isVectors(tensors)))
    return refuse('an embedding (textual inversion)', 'Give it among the embeddings instead.');
  if (some(/(^|\.)(input_hint_block|controlnet_cond_embedding|zero_convs)\./))
    return refuse('a ControlNet', 'Give it among the ControlNets instead.');
  if (some(/^(model\.diffusion_model|first_stage_model|cond_stage_model|conditioner)\./))
    return refuse('a whole model', 'Choose it as the model instead.');
  if (some(/^(down_blocks|encoder|decoder|text_model)\./))
    return refuse('a part of a model', 'Choose the folder of the model as the model instead.');
  return refuse('something else', 'Choose a LoRA that was saved as .safetensors.');
}

/** A list of vectors, or one. */
function isVectors(tensors: ReadonlyMap<string, StoredTensor>): boolean {
  return [...tensors.values()].every(({ dims }) => dims.length <= 2);
}

/** What PEFT notes beside its tensors, by network: "unet.lora_alpha". Patterns are ends of modules' names. */
const adapterMetadata = z.record(z.string(), z.unknown());
const pattern = z.record(z.string(), z.number());

/** PEFT's names keep their dots, so its patterns are held against the file's own. */
function notedAlphas(metadata: ReadonlyMap<string, string>, doing: string, name: string) {
  const text = metadata.get('lora_adapter_metadata');
  const none = { alpha: null, rootOfRank: false };
  if (text === undefined) return () => none;
  const noted = adapterMetadata.safeParse(parsed(text));
  if (!noted.success)
    throw new AppError(
      'bundle-invalid',
      `${name}: what it says of its layers (lora_adapter_metadata) cannot be read`,
      {
        doing,
        hint: 'The file is damaged; download it again.',
      },
    );
  const prefixes = { unet: 'unet', text: 'text_encoder', text2: 'text_encoder_2', other: '' };
  return (layer: string, { network }: LayerName) => {
    const of = (key: string) => noted.data[`${prefixes[network]}.${key}`];
    const patterns = pattern.safeParse(of('alpha_pattern'));
    const own = Object.entries(patterns.data ?? {}).find(
      ([end]) => layer === end || layer.endsWith(`.${end}`),
    );
    const alpha = own?.[1] ?? of('lora_alpha');
    return {
      alpha: typeof alpha === 'number' ? alpha : null,
      rootOfRank: of('use_rslora') === true,
    };
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
